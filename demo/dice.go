package demo

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"kyoten/models"
)

// dice is the one source of chance: the same seed gives the same consortium.
// What depends on the hour of the start is drawn first and cut afterwards, so
// that a later start of the same seed shows the same people doing the same.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0x6b796f74656e))} }

// chance reports true in so many of a hundred cases.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// between returns a number from low to high, both included.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// minutes returns a length between two numbers of minutes, in whole seconds.
func (d dice) minutes(low, high int) time.Duration {
	return time.Duration(d.between(low*60, high*60)) * time.Second
}

// id returns a UUID of version 7 made at t.
func (d dice) id(t time.Time) (id models.ID) {
	binary.BigEndian.PutUint64(id[8:], d.Uint64())
	binary.BigEndian.PutUint64(id[:8], uint64(t.UnixMilli())<<16|d.Uint64()&0xfff)
	id[6] = 0x70 | id[6]&0x0f
	id[8] = 0x80 | id[8]&0x3f
	return id
}

// handle returns 16 hex digits, as pass ids and subjects are.
func (d dice) handle() string { return fmt.Sprintf("%016x", d.Uint64()|1) }

// passageID returns 32 hex digits.
func (d dice) passageID() string { return fmt.Sprintf("%016x%016x", d.Uint64(), d.Uint64()) }

// reference returns what people read out for a booking.
func (d dice) reference() string {
	const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	b := make([]byte, 9)
	for i := range b {
		b[i] = letters[d.IntN(len(letters))]
	}
	b[4] = '-'
	return string(b)
}

// pick returns one of the words.
func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }
