package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
)

// What an agent at a door and the server tell each other.
func (a *API) registerGateSync() {
	add(a, operation{id: "get-gate-state", method: "GET", path: "/gate/state", who: gates, shape: entry.State{}, known: true}, a.gateState)
	add(a, operation{id: "get-gate-presence", method: "GET", path: "/gate/presence", who: gates}, a.gatePresence)
	add(a, operation{id: "follow-gate", method: "GET", path: "/gate/stream", who: gates}, a.gateStream)
	add(a, operation{
		id: "upload-events", method: "POST", path: "/gate/events", who: gates, raw: true, secret: true, // idempotent by itself
		faults: []*fault.Fault{access.ErrBatchTooLarge},
	}, a.uploadEvents)
}

// stateOutput is a sealed state as it was signed: not a byte may change.
type stateOutput struct {
	Status      int
	ETag        string `header:"ETag"`
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// gateState serves GET /gate/state. Each signing has a number of its own, so that
// the ETag tells a gate also whether an unchanged state was signed anew.
func (a *API) gateState(ctx context.Context, in *struct {
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of the state that the gate has."`
},
) (*stateOutput, error) {
	sealed, err := a.entrance.State(ctx, auth.Principal(ctx))
	if err != nil {
		return nil, err
	}
	tag := etag(int(sealed.Version))
	if matches(in.IfNoneMatch, tag) {
		return &stateOutput{Status: http.StatusNotModified, ETag: tag}, nil
	}
	return &stateOutput{Status: http.StatusOK, ETag: tag, ContentType: "application/json", Body: sealed.JSON}, nil
}

// gatePresence serves GET /gate/presence.
func (a *API) gatePresence(ctx context.Context, _ *nothing) (*body[entry.PresenceList], error) {
	list, err := a.entrance.PresenceList(ctx, auth.Principal(ctx))
	return &body[entry.PresenceList]{list}, err
}

// uploadInput is a part of a gate's journal. The events are read one by one from
// the body as it came: a bad one must not hold the others up, and what a hash was
// made of must not be changed.
type uploadInput struct {
	Body struct {
		Events []any `json:"events" doc:"At most 500, in the order of the journal; each as docs/access.md describes it."`
	}
}

// uploadEvents serves POST /gate/events.
func (a *API) uploadEvents(ctx context.Context, _ *uploadInput) (*body[entry.Uploaded], error) {
	var in entry.Upload
	if err := json.Unmarshal(callOf(ctx).body, &in); err != nil {
		return nil, errBadRequest.Because(err)
	}
	done, err := a.entrance.Upload(ctx, auth.Principal(ctx), in.Events)
	return &body[entry.Uploaded]{done}, err
}

// gateStream serves GET /gate/stream until the gate leaves, the server stops, or
// the gate is a gate no longer.
func (a *API) gateStream(ctx context.Context, _ *nothing) (*huma.StreamResponse, error) {
	gate := auth.Principal(ctx)
	return &huma.StreamResponse{Body: func(stream huma.Context) {
		err := a.entrance.Stream(stream.Context(), gate, newEvents(stream).tell)
		if err != nil && stream.Context().Err() == nil && fault.From(err).Kind == fault.Internal {
			httpkit.NoteError(ctx, err)
		}
	}}, nil
}
