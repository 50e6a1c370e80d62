package places

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/internal/sheet"
	"kyoten/models"
)

// ImportColumns are the columns of a file of spaces. Zones and floor plans are
// named by name in either language, zones by number too; several pieces of
// equipment are parted by blanks or semicolons.
var ImportColumns = []string{
	"site", "zone", "kind", "name_ja", "name_en", "capacity", "equipment", "video_address", "needs_approval", "floor_plan", "x", "y", "width", "height",
}

// maxImport is the most spaces that one file may hold.
const maxImport = 10_000

// ImportSpaces adds the spaces of a CSV file, all of them or none, and returns how
// many. A file with mistakes is refused as a *sheet.Bad that names every bad line;
// dry only looks.
func (s *Service) ImportSpaces(ctx context.Context, p models.Principal, raw []byte, dry bool) (int, error) {
	if err := admin(p); err != nil {
		return 0, err
	}
	rows, err := sheet.Read(raw, ImportColumns, maxImport)
	if err != nil {
		return 0, err
	}
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return 0, err
	}
	list, bad := make([]models.Space, len(rows)), []*fault.Fault(nil)
	for i, row := range rows {
		if list[i], err = readSpace(cat, row); err == nil {
			err = judgeSpace(ctx, s.store, cat, &list[i])
		}
		if err != nil {
			bad = append(bad, row.Fault(fault.From(err)))
		}
		list[i].Position = len(cat.SpacesAt(list[i].Site, "")) + i
	}
	if len(bad) > 0 {
		return 0, &sheet.Bad{Kind: models.ErrInvalidInput, Lines: bad}
	}
	if dry || len(list) == 0 {
		return len(list), nil
	}
	return len(list), s.storeSpaces(ctx, p, list)
}

func (s *Service) storeSpaces(ctx context.Context, p models.Principal, list []models.Space) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.InsertSpaces(ctx, list); err != nil {
			return err
		}
		ids, data := make([]string, len(list)), make([]any, len(list))
		for i := range list {
			ids[i], data[i] = list[i].ID.String(), differences(models.Space{}, list[i])
		}
		return tx.AuditEach(ctx, p, "space.import", "space", ids, data)
	})
}

func readSpace(cat *models.Catalogue, row sheet.Row) (models.Space, error) {
	sp := models.Space{
		Site: row.Cell("site"), Kind: models.Kind(row.Cell("kind")), NameJA: row.Cell("name_ja"), NameEN: row.Cell("name_en"),
		VideoAddress: row.Cell("video_address"), Bookable: true, NeedsApproval: isYes(row.Cell("needs_approval")), GrainMinutes: 15, Capacity: 1,
		Equipment: strings.FieldsFunc(row.Cell("equipment"), func(r rune) bool { return r == ' ' || r == ';' || r == '、' }),
	}
	if _, err := cat.Site(sp.Site); err != nil {
		return sp, models.ErrInvalidInput.On("site")
	}
	zones := cat.ZonesAt(sp.Site)
	i := slices.IndexFunc(zones, func(z *models.Zone) bool {
		return slices.Contains([]string{strconv.Itoa(z.ID), z.NameJA, z.NameEN}, row.Cell("zone"))
	})
	if i < 0 {
		return sp, models.ErrInvalidInput.On("zone")
	}
	sp.ZoneID = zones[i].ID
	for column, to := range map[string]*int{"capacity": &sp.Capacity, "x": &sp.X, "y": &sp.Y, "width": &sp.Width, "height": &sp.Height} {
		if text := row.Cell(column); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || n > 100_000 {
				return sp, models.ErrInvalidInput.On(column)
			}
			*to = n
		}
	}
	return sp, putOnPlan(cat, &sp, row.Cell("floor_plan"))
}

// putOnPlan finds the floor plan that a row names.
func putOnPlan(cat *models.Catalogue, sp *models.Space, name string) error {
	if name == "" {
		return nil
	}
	plans := cat.FloorPlans(sp.Site)
	i := slices.IndexFunc(plans, func(f models.FloorPlan) bool { return f.NameJA == name || f.NameEN == name })
	if i < 0 {
		return models.ErrInvalidInput.On("floor_plan")
	}
	sp.FloorPlanID = &plans[i].ID
	return nil
}

// isYes reports whether a cell says yes, in either language or as a program does.
func isYes(text string) bool {
	return slices.ContainsFunc([]string{"1", "true", "\u25cb", locale.T(locale.JA, "common.yes"), locale.T(locale.EN, "common.yes")},
		func(yes string) bool { return strings.EqualFold(text, yes) })
}
