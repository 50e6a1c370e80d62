package models

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// CheckIns are what a scan checks in beside its passage (RecordScans): bookings of
// the member who comes, and no others.
type CheckIns struct {
	Arrival
	By      Principal
	Waiting []WaitingBooking // when Moves was read
}

// SameMember reports whether both are about bookings of one member.
func (c *CheckIns) SameMember(o *CheckIns) bool {
	return c != nil && o != nil && *c.Member == *o.Member
}

// WaitingBooking is a booking that waits for its organizer. Whoever changes it or
// lets it go raises its version, or takes its spaces away.
type WaitingBooking struct {
	ID      ID
	Version int
}

// WaitingBookings returns which bookings of the member wait for the holder.
func (f *ScanFacts) WaitingBookings() ([]WaitingBooking, error) {
	if f.Waiting == "" {
		return nil, nil
	}
	var all []WaitingBooking
	for part := range strings.SplitSeq(f.Waiting, ",") {
		id, version, _ := strings.Cut(part, " ")
		parsed, err := ParseID(id)
		if err != nil {
			return nil, fmt.Errorf("read booking that waits: %w", err)
		}
		n, err := strconv.Atoi(version)
		if err != nil {
			return nil, fmt.Errorf("read version of booking that waits: %w", err)
		}
		all = append(all, WaitingBooking{parsed, n})
	}
	return all, nil
}

// checkInNoted is what CheckIns says, after the passage and in its transaction.
func (s *Store) checkInNoted(ctx context.Context, r *ScanRecord) error {
	ids, err := s.CheckInAt(ctx, r.CheckIns.Arrival, r.cameAt())
	if err != nil {
		return err
	}
	return s.AuditCheckIns(ctx, r.CheckIns.By, r.Passage.Site, r.Passage.ID, ids)
}

// cameAt is when the holder came, as bookings keep it.
func (r *ScanRecord) cameAt() time.Time { return r.Passage.At().Truncate(time.Second) }

// comer is a booking that is checked in with a passage.
type comer struct {
	WaitingBooking
	of *ScanRecord
}

func comersOf(rs []*ScanRecord) (all []comer) {
	for _, r := range rs {
		if r.CheckIns == nil {
			continue
		}
		for _, b := range r.CheckIns.Waiting {
			all = append(all, comer{b, r})
		}
	}
	return all
}

// addFree adds the locks of bookings that wait, unless somebody else has them or
// changed them since, and returns under which condition all of a scan's are held.
func (w *with) addFree(comers []comer, skip string) (condition string) {
	if len(comers) == 0 {
		return ""
	}
	n := len(comers)
	ids, versions, passages, sites, ats := make([]ID, n), make([]int, n), make([]string, n), make([]string, n), make([]time.Time, n)
	for i, c := range comers {
		ids[i], versions[i], passages[i], sites[i], ats[i] = c.ID, c.Version, c.of.Passage.ID, c.of.Passage.Site, c.of.cameAt()
	}
	var c columns
	c.add("booking_id", "uuid", ids)
	c.add("version", "integer", versions)
	c.add("of_passage", "text", passages)
	c.add("site", "text", sites)
	c.add("at", "timestamptz", ats)
	w.add("a", "SELECT * FROM "+c.as("a"), c.arrays...)
	w.add("free", "SELECT a.of_passage FROM a JOIN bookings b ON b.id = a.booking_id AND b.version = a.version FOR NO KEY UPDATE OF b"+skip)
	return " AND held.waits = (SELECT count(*) FROM free WHERE free.of_passage = held.passage_id)"
}

// addCheckIns adds the check-ins. They start from the spaces: one that was let go
// under a lock that we have since is not found waiting, and its booking is left as it is.
func (s *Store) addCheckIns(ctx context.Context, w *with, comers []comer) error {
	if len(comers) == 0 {
		return nil
	}
	entries := make([]AuditEntry, len(comers))
	for i, c := range comers {
		var err error
		if entries[i], err = s.checkInEntry(c.of.CheckIns.By, c.of.Passage.Site, c.of.Passage.ID, c.ID); err != nil {
			return err
		}
	}
	w.add("came", "UPDATE booking_spaces bs SET status = ?, checked_in_at = a.at, release_at = NULL FROM a WHERE bs.booking_id = a.booking_id"+
		" AND bs.site = a.site AND bs.active AND bs.status = ? AND a.of_passage IN (SELECT passage_id FROM claimed) RETURNING bs.booking_id",
		BookingCheckedIn, BookingConfirmed)
	w.add("come", "UPDATE bookings b SET status = ?, version = b.version + 1, updated_at = a.at FROM a"+
		" WHERE b.id = a.booking_id AND b.id IN (SELECT booking_id FROM came)", BookingCheckedIn)
	return s.addRows(ctx, w, "noted", entries, "", nil, "r.entity_id IN (SELECT CAST(booking_id AS text) FROM came)")
}
