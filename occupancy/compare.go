package occupancy

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kyoten/models"
)

// Compared is a row beside the same one of the period before, which is as long and
// ends where this one begins. Before is nil where nothing stood in that row.
type Compared struct {
	Row
	Before *Row
}

// CompareUtilizations is Utilizations, each row beside that of the period before:
// hours, weekdays, spaces and so on with themselves; days with the day as far into
// the period, months with the month before. Rows that only the period before had
// are kept, with nothing in them now.
func (s *Service) CompareUtilizations(ctx context.Context, p models.Principal, q Query, by ...By) ([][]Compared, error) {
	earlier := q
	earlier.Period = q.Period.Shift(-q.Period.Length())
	var now, before [][]Row
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		now, err = s.Utilizations(ctx, p, q, by...)
		return err
	})
	both.Go(func() (err error) {
		before, err = s.Utilizations(ctx, p, earlier, by...)
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	out := make([][]Compared, len(by))
	for i, b := range by {
		out[i] = compare(now[i], before[i], func(key string) string { return b.counterpart(key, q.Period) })
	}
	return out, nil
}

// counterpart returns the row of this period that a row of the one before is
// compared with.
func (b By) counterpart(key string, p models.Period) string {
	switch b {
	case ByDay:
		day, err := models.ParseDay(key)
		if err != nil {
			return key
		}
		return day.Add(int((p.Length() + 12*time.Hour) / (24 * time.Hour))).String()
	case ByMonth:
		month, err := time.Parse("2006-01", key)
		if err != nil {
			return key
		}
		return month.AddDate(0, monthsIn(p), 0).Format("2006-01")
	}
	return key
}

// monthsIn is how many months a period is nearest to, at least one.
func monthsIn(p models.Period) int {
	const month = 365.25 * 24 * float64(time.Hour) / 12
	return max(1, int(float64(p.Length())/month+0.5))
}

// compare joins the rows of two periods.
func compare(now, before []Row, counterpart func(string) string) []Compared {
	earlier := make(map[string]*Row, len(before))
	for i := range before {
		earlier[counterpart(before[i].Key)] = &before[i]
	}
	out := make([]Compared, 0, len(now))
	for _, r := range now {
		out = append(out, Compared{r, earlier[r.Key]})
		delete(earlier, r.Key)
	}
	for _, b := range before {
		if key := counterpart(b.Key); earlier[key] != nil {
			out = append(out, Compared{Row{Key: key}, earlier[key]})
			delete(earlier, key)
		}
	}
	sortByKey(out)
	return out
}

func sortByKey(rows []Compared) {
	slices.SortFunc(rows, func(a, b Compared) int { return cmp.Compare(a.Key, b.Key) })
}
