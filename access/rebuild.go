package access

import (
	"slices"

	"kyoten/access/entry"
	"kyoten/models"
)

// Fold returns the visits and presences that passages come to, in the order of
// their subjects: for passages that are loaded all at once, as sample data are.
// What gates do is folded as it is recorded.
func Fold(c *models.Catalogue, passages []models.Passage) ([]models.Visit, []models.Presence) {
	tree := treeOf(c)
	histories := entry.FoldAll(tree, foldable(passages))
	subjects := make([]entry.Subject, 0, len(histories))
	for subject := range histories {
		subjects = append(subjects, subject)
	}
	slices.Sort(subjects)
	var all changes
	for _, subject := range subjects {
		all.add(change(tree, subject.String(), nil, histories[subject]))
	}
	return all.put, all.present
}
