package access

import (
	"testing"

	"kyoten/access/entry"
	"kyoten/models"
)

// A gate keeps the end of the audit log under the server's signature, so that a
// log that was cut off and chained anew shows.
func TestGatesKeepTheHeadOfTheAuditLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.must(h.store.Audit(t.Context(), models.System, "test.write", "row", "1", "", nil))
	_, err := h.store.SealAudit(t.Context(), 100)
	h.must(err)
	head, err := h.store.AuditHead(t.Context())
	h.must(err)
	sealed, err := h.svc.State(t.Context(), h.colabo)
	h.must(err)
	key, err := h.svc.StateKey(t.Context())
	h.must(err)
	state, _, err := entry.OpenState(sealed.JSON, []byte(key))
	h.must(err)
	if state.AuditHead != head.String() {
		t.Errorf("the gate keeps %q, want %q", state.AuditHead, head)
	}
}
