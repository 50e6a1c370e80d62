package api

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/access"
	"kyoten/internal/clock"
)

// writeWithin is how long a reader of live events may take to read one: whoever
// takes longer is gone.
const writeWithin = 15 * time.Second

// events is an answer of live events (server-sent events) that has begun.
type events struct {
	w       io.Writer
	control *http.ResponseController
}

// newEvents begins the answer.
func newEvents(ctx huma.Context) *events {
	ctx.SetHeader("Content-Type", "text/event-stream")
	ctx.SetHeader("X-Accel-Buffering", "no") // a proxy that collects an answer would hold the events back
	ctx.SetStatus(http.StatusOK)
	e := &events{w: ctx.BodyWriter()}
	if w, ok := e.w.(http.ResponseWriter); ok {
		e.control = http.NewResponseController(w)
	}
	return e
}

// tell writes one event; one without a name is a comment that shows that the
// connection stands.
func (e *events) tell(event access.StreamEvent) error {
	if e.control != nil {
		_ = e.control.SetWriteDeadline(clock.Now().Add(writeWithin)) // not every connection has deadlines
	}
	var err error
	if event.Name == "" {
		_, err = io.WriteString(e.w, ":\n\n")
	} else {
		_, err = fmt.Fprintf(e.w, "event: %s\ndata: %s\n\n", event.Name, event.Data)
	}
	if err != nil || e.control == nil {
		return err
	}
	return e.control.Flush()
}
