package booking_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// cells are the hours of the rooms that the history is about.
const (
	cellRooms = 2
	cellHours = 3
	cells     = cellRooms * cellHours
)

// wish is what somebody asked for: the cell to have, and the one to leave for it,
// -1 for none.
type wish struct{ who, leave, have int }

// calendar is the whole truth about the cells: whose each is, 0 for nobody's.
type calendar [cells]int

// promises says what booking, moving and cancelling mean, one at a time.
var promises = porcupine.Model{
	Init: func() any { return calendar{} },
	Step: func(state, input, output any) (bool, any) {
		c, in, granted := state.(calendar), input.(wish), output.(bool)
		free := in.have < 0 || c[in.have] == 0
		if granted != free {
			return false, c // a refusal must have had a reason, a promise must have been possible
		}
		if !granted {
			return true, c
		}
		if in.leave >= 0 {
			if c[in.leave] != in.who {
				return false, c
			}
			c[in.leave] = 0
		}
		if in.have >= 0 {
			c[in.have] = in.who
		}
		return true, c
	},
	DescribeOperation: func(input, output any) string {
		in := input.(wish)
		return fmt.Sprintf("%d: %d -> %d: %t", in.who, in.leave, in.have, output)
	},
}

// history is what several clients did and saw, in the order of a common counter.
type history struct {
	mu    sync.Mutex
	tick  atomic.Int64
	lines []porcupine.Operation
}

func (h *history) note(client int, in wish, do func() (bool, error)) (bool, error) {
	call := h.tick.Add(1)
	granted, err := do()
	end := h.tick.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: granted, Return: end})
	return granted, err
}

// client books, moves and cancels at random; it knows what it holds.
type client struct {
	*house
	number int
	by     models.Principal
	rooms  []models.Space
	dice   *rand.Rand
	held   map[int]models.ID
	log    *history
}

// TestConcurrentBookingsAreLinearizable: whatever the interleaving, there is an
// order of the operations, one at a time, in which every answer was right.
func TestConcurrentBookingsAreLinearizable(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rooms := h.moreRooms(t, cellRooms)
	people := h.crowd(t, 5)
	log := &history{}
	atOnce(len(people), func(i int) {
		c := &client{
			house: h, number: i, by: people[i], rooms: rooms, dice: rand.New(rand.NewPCG(7, uint64(i))), held: map[int]models.ID{}, log: log,
		}
		for range 14 {
			c.step(t)
		}
	})
	if result := porcupine.CheckOperationsTimeout(promises, log.lines, time.Minute); result != porcupine.Ok {
		t.Errorf("the history of %d operations is %s", len(log.lines), result)
	}
}

// TestTheCheckerSeesADoubleBooking proves that the model above can say no.
func TestTheCheckerSeesADoubleBooking(t *testing.T) {
	t.Parallel()
	twice := []porcupine.Operation{
		{ClientId: 0, Input: wish{1, -1, 0}, Output: true, Call: 1, Return: 4},
		{ClientId: 1, Input: wish{2, -1, 0}, Output: true, Call: 2, Return: 3},
	}
	if porcupine.CheckOperations(promises, twice) {
		t.Error("two hold one cell, and the checker is content")
	}
}

// cellOf is a room and an hour.
func (c *client) cellOf(cell int) (models.Space, models.Period) {
	hour := 10 + cell%cellHours
	return c.rooms[cell/cellHours], modelstest.Hours(hour, hour+1)
}

func (c *client) step(t *testing.T) {
	to, from := c.dice.IntN(cells), -1
	for cell := range c.held { // any
		from = cell
		break
	}
	in := wish{who: c.number + 1, leave: from, have: to}
	var made models.ID
	var do func() error
	switch kind := c.dice.IntN(3); {
	case from < 0 || kind == 0:
		in.leave = -1
		space, p := c.cellOf(to)
		do = func() error {
			r, err := c.svc.Reserve(t.Context(), c.by, request(p, space))
			made = r.ID
			return err
		}
	case kind == 1 && to != from:
		made = c.held[from]
		space, p := c.cellOf(to)
		do = func() error {
			_, err := c.svc.Reschedule(t.Context(), c.by, made, booking.Change{
				StartsAt: &p.StartsAt, EndsAt: &p.EndsAt, Spaces: []models.ID{space.ID},
			})
			return err
		}
	default:
		in.have = -1
		do = func() error {
			_, err := c.svc.Cancel(t.Context(), c.by, c.held[from])
			return err
		}
	}
	c.take(t, in, &made, do)
}

// take does it and keeps what came of it.
func (c *client) take(t *testing.T, in wish, made *models.ID, do func() error) {
	granted, err := c.log.note(c.number, in, func() (bool, error) {
		err := do()
		if errors.Is(err, models.ErrSpaceTaken) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		t.Errorf("client %d, %+v: %v", c.number, in, err)
	}
	if !granted {
		return
	}
	if in.leave >= 0 {
		delete(c.held, in.leave)
	}
	if in.have >= 0 {
		c.held[in.have] = *made
	}
}
