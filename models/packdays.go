package models

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const (
	packedAtOnce = 31       // days of a site
	packedBack   = 10 * 366 // how many days back anything is packed
)

// PackDays packs what is over and is not packed, or was marked since, for reports.
// It may be called on several servers at once.
func (s *Store) PackDays(ctx context.Context) error {
	before := s.packedBefore()
	// What a clock has packed that was ahead of ours was not over yet.
	if err := s.w(ctx).Exec("UPDATE packed_days SET marks = marks + 1 WHERE day >= ? AND packed = marks", before).Error; err != nil {
		return fmt.Errorf("mark days to come: %w", err)
	}
	for _, what := range []packing{packedUses, packedStays} {
		gaps, err := s.packGaps(ctx, what, before)
		if err != nil {
			return fmt.Errorf("find what is not packed: %w", err)
		}
		for _, gap := range gaps {
			if err := s.fillGap(ctx, gap, before); err != nil {
				return fmt.Errorf("pack %s of %s: %w", what, gap.Site, err)
			}
		}
	}
	return nil
}

// packGap is a site of which some days are not packed.
type packGap struct {
	what        packing
	Site        string
	First, Good int // the first day on which there is anything, and how many since are packed
}

func (s *Store) packGaps(ctx context.Context, what packing, before int) ([]packGap, error) {
	first := "(SELECT " + s.dialect.seconds("min(starts_at)") + " / 86400 FROM booking_spaces WHERE site = sites.slug)"
	if what == packedStays {
		first = "(SELECT min(entered_ms) / 86400000 FROM visits WHERE site = sites.slug)"
	}
	var rows, gaps []packGap
	err := s.r(ctx).Raw(`WITH f AS (SELECT slug AS site, `+first+` AS first FROM sites), b AS (SELECT site, CASE WHEN first < ? THEN ? ELSE first END AS first FROM f WHERE first < ?)
		SELECT site, first, (SELECT count(*) FROM packed_days d WHERE d.what = ? AND d.site = b.site AND d.day >= b.first AND d.day < ? AND d.packed = d.marks) AS good
		FROM b ORDER BY site`, before-packedBack, before-packedBack, before, string(what), before).Find(&rows).Error
	for _, gap := range rows {
		if gap.what = what; gap.Good < before-gap.First {
			gaps = append(gaps, gap)
		}
	}
	return gaps, err
}

// fillGap packs the days of a site that are not packed.
func (s *Store) fillGap(ctx context.Context, gap packGap, before int) error {
	var good []int
	err := s.r(ctx).Raw("SELECT day FROM packed_days WHERE what = ? AND site = ? AND day >= ? AND day < ? AND packed = marks",
		string(gap.what), gap.Site, gap.First, before).Find(&good).Error
	if err != nil {
		return err
	}
	have := make(map[int]bool, len(good))
	for _, day := range good {
		have[day] = true
	}
	for from := gap.First; from < before; from += packedAtOnce {
		var days []int
		for day := from; day < min(before, from+packedAtOnce); day++ {
			if !have[day] {
				days = append(days, day)
			}
		}
		if len(days) == 0 {
			continue
		}
		if err := s.pack(ctx, gap, days); err != nil {
			return err
		}
	}
	return nil
}

// pack packs days of a site. What marks was is read first, then the rows, and what
// was made of them is only stored over the same marks: whoever changed something
// meanwhile has raised them, or is about to and is waited for.
func (s *Store) pack(ctx context.Context, gap packGap, days []int) error {
	marks, err := s.marksOf(ctx, gap, days)
	if err != nil {
		return err
	}
	made, err := s.packRows(ctx, gap, days)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(tx *Store) error {
		for _, day := range days {
			m, known := marks[day]
			if !known {
				continue // deleted this moment
			}
			err := tx.w(ctx).Exec("UPDATE packed_days SET rows = ?, reach = ?, packed = marks WHERE what = ? AND site = ? AND day = ? AND marks = ?",
				made[day].result(), made[day].reach, string(gap.what), gap.Site, day, m).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// marksOf returns the marks of the days, which are known from then on.
func (s *Store) marksOf(ctx context.Context, gap packGap, days []int) (map[int]int64, error) {
	values := strings.TrimSuffix(strings.Repeat("(?,?,?,0),", len(days)), ",")
	var args []any
	for _, day := range days {
		args = append(args, string(gap.what), gap.Site, day)
	}
	err := s.w(ctx).Exec("INSERT INTO packed_days (what, site, day, marks) VALUES "+values+" ON CONFLICT DO NOTHING", args...).Error
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Day   int
		Marks int64
	}
	err = s.r(ctx).Raw("SELECT day, marks FROM packed_days WHERE what = ? AND site = ? AND day IN ?", string(gap.what), gap.Site, days).Find(&rows).Error
	marks := make(map[int]int64, len(rows))
	for _, r := range rows {
		marks[r.Day] = r.Marks
	}
	return marks, err
}

// packRows reads what began on the days of a site and packs it. What a space still
// holds is left out: it is read by itself until it holds nothing (Store.EachUse).
func (s *Store) packRows(ctx context.Context, gap packGap, days []int) (map[int]*packer, error) {
	made := make(map[int]*packer, len(days))
	for _, day := range days {
		made[day] = newPacker(day)
	}
	from, to := dayBegins(days[0]), dayBegins(days[len(days)-1]+1)
	err := s.survey(ctx, func(ask question) error {
		if gap.what == packedStays {
			var st Stay
			return ask("SELECT subject, zone_id, entered_ms, COALESCE(left_ms, 0) FROM visits WHERE site = ? AND entered_ms >= ? AND entered_ms < ? ORDER BY entered_ms",
				[]any{gap.Site, from.UnixMilli(), to.UnixMilli()}, []any{&st.Subject, &st.ZoneID, &st.EnteredMS, &st.LeftMS}, func() error {
					if p := made[dayNumber(time.UnixMilli(st.EnteredMS))]; p != nil {
						p.addStay(&st)
					}
					return nil
				})
		}
		var u useRow
		return ask(useColumns+", EXISTS (SELECT 1 FROM booking_spaces o WHERE o.booking_id = bs.booking_id AND o.space_id <> bs.space_id)"+useTables+
			" WHERE bs.site = ? AND bs.starts_at >= ? AND bs.starts_at < ? AND NOT bs.active AND bs.status IN ? AND "+useJoin+" ORDER BY bs.starts_at",
			[]any{gap.Site, from, to, usedStatuses, from.AddDate(0, 0, -1), to.AddDate(0, 0, 1)}, append(u.fields(), &u.Several), func() error {
				if u.complete(); made[dayNumber(u.StartsAt)] != nil {
					made[dayNumber(u.StartsAt)].addUse(&u.Use)
				}
				return nil
			})
	})
	return made, err
}
