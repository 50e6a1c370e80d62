// Package places is what there is and who may change it: sites with their hours,
// zones, spaces, floor plans and holidays, and the plans and companies that say
// who may use them. Everybody else reads them through models.Catalogue.
//
// Each change is made in one way: the row is locked, its version compared, the
// caller's change applied to it, the result judged as a whole, stored, and
// written to the audit log with what became of each field.
package places

import (
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"unicode/utf8"

	"kyoten/internal/fault"
	"kyoten/models"
)

var (
	// ErrTimeZone means that a time zone is not in the IANA database.
	ErrTimeZone = fault.New(fault.Invalid, "invalid_time_zone", "the time zone is not one of the IANA database")
	// ErrHours means that opening hours overlap, end before they start, or do not
	// lie within a day.
	ErrHours = fault.New(fault.Invalid, "invalid_opening_hours", "the opening hours do not fit together")
	// ErrZoneTree means that a zone would lie within itself, or within one of
	// another site.
	ErrZoneTree = fault.New(fault.Invalid, "invalid_zone_tree", "the zones do not nest in that way")
	// ErrLastDefault means that members without a plan of their own would have
	// none.
	ErrLastDefault = fault.New(fault.Conflict, "last_default_plan", "there must be one common plan")
)

// Last is the position of a new site, floor plan or space that comes after those
// there are.
const Last = -1

// lineUp gives what is to come last its position, behind the others.
func lineUp(position *int, others int) {
	if *position == Last {
		*position = others
	}
}

// Service changes what there is.
type Service struct{ store *models.Store }

// New returns the service.
func New(store *models.Store) *Service { return &Service{store: store} }

// noun is one kind of thing that can be edited: how it is stored, and what must
// be true of it.
type noun[T any] struct {
	name   string
	insert func(*models.Store, context.Context, *T) error
	update func(*models.Store, context.Context, *T) error
	facts  func(*T) facts
	judge  func(context.Context, *models.Store, *models.Catalogue, *T) error
	// may refuses who may not do it; before is nil for a new thing. Where may is
	// nil it takes an administrator.
	may func(p models.Principal, before, after *T) error
}

// facts are what all things that can be edited have.
type facts struct {
	id, site string // site is "" where it is about no single one
	version  int
}

// create stores a new thing.
func (n noun[T]) create(ctx context.Context, s *Service, p models.Principal, row *T) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := n.check(ctx, tx, p, nil, row); err != nil {
			return err
		}
		if err := n.insert(tx, ctx, row); err != nil {
			return err
		}
		f := n.facts(row)
		return tx.Audit(ctx, p, n.name+".create", n.name, f.id, f.site, differences(*new(T), *row))
	})
}

// edit applies change to the row that lock returns.
func (n noun[T]) edit(ctx context.Context, s *Service, p models.Principal, match models.Match,
	lock func(*models.Store) (T, error), change func(*T),
) (row T, err error) {
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if row, err = lock(tx); err != nil {
			return err
		}
		if err := match.Check(n.facts(&row).version); err != nil {
			return err
		}
		before := row
		change(&row)
		if err := n.check(ctx, tx, p, &before, &row); err != nil {
			return err
		}
		if err := n.update(tx, ctx, &row); err != nil {
			return err
		}
		f := n.facts(&row)
		return tx.Audit(ctx, p, n.name+".update", n.name, f.id, f.site, differences(before, row))
	})
	return row, err
}

func (n noun[T]) check(ctx context.Context, tx *models.Store, p models.Principal, before, after *T) error {
	may := n.may
	if may == nil {
		may = func(p models.Principal, _, _ *T) error { return admin(p) }
	}
	if err := may(p, before, after); err != nil {
		return err
	}
	cat, err := tx.Catalogue(ctx)
	if err != nil {
		return err
	}
	return n.judge(ctx, tx, cat, after)
}

// remove deletes a thing; it takes an administrator.
func (s *Service) remove(ctx context.Context, p models.Principal, name, id, site string, del func(*models.Store) error) error {
	if err := admin(p); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := del(tx); err != nil {
			return err
		}
		return tx.Audit(ctx, p, name+".delete", name, id, site, nil)
	})
}

// maxName bounds names, in letters.
const maxName = 100

// named refuses a thing without a name, or with an endless one. A name in one
// language stands for both.
func named(ja, en *string) error {
	*ja, *en = models.OneLine(*ja), models.OneLine(*en)
	*ja, *en = cmp.Or(*ja, *en), cmp.Or(*en, *ja)
	if *ja == "" {
		return models.ErrInvalidInput.On("name_ja").Saying("required")
	}
	if err := within(maxName, *ja, "name_ja"); err != nil {
		return err
	}
	return within(maxName, *en, "name_en")
}

// within refuses a text of more letters than most.
func within(most int, text, pointer string) error {
	if utf8.RuneCountInString(text) > most {
		return models.ErrInvalidInput.On(pointer).Saying("too_long")
	}
	return nil
}

// differences lists the fields that changed with their values before and after,
// for the audit log. Settings hold no personal data.
func differences(before, after any) map[string][2]any {
	old, now := fieldsOf(before), fieldsOf(after)
	changed := map[string][2]any{}
	for name, value := range now {
		if name != "UpdatedAt" && name != "Version" && !reflect.DeepEqual(old[name], value) {
			changed[name] = [2]any{old[name], value}
		}
	}
	return changed
}

func fieldsOf(row any) map[string]any {
	raw, err := json.Marshal(row)
	out := map[string]any{}
	if err == nil {
		_ = json.Unmarshal(raw, &out) // what was just written as an object reads as one
	}
	return out
}

// admin refuses everybody but administrators.
func admin(p models.Principal) error {
	if p.Admin() {
		return nil
	}
	return models.ErrForbidden
}
