package web

import (
	"strconv"

	"kyoten/internal/locale"
	"kyoten/models"
)

// What sites, spaces and companies are called in the reader's language.

// name chooses between the Japanese and the English name of something.
func (v *visit) name(ja, en string) string {
	if v.lang == locale.EN && en != "" || ja == "" {
		return en
	}
	return ja
}

// siteName returns the name of a site, or its slug when it is gone.
func (v *visit) siteName(slug string) string {
	site, err := v.cat.Site(slug)
	if err != nil {
		return slug
	}
	return v.name(site.NameJA, site.NameEN)
}

// siteNames names sites.
func (v *visit) siteNames(slugs []string) []string {
	var names []string
	for _, slug := range slugs {
		names = append(names, v.siteName(slug))
	}
	return names
}

// spaceName names a space with its site.
func (v *visit) spaceName(id models.ID) string {
	space, err := v.cat.Space(id)
	if err != nil {
		return ""
	}
	return v.siteName(space.Site) + " " + v.name(space.NameJA, space.NameEN)
}

// zoneName returns the name of a zone.
func (v *visit) zoneName(id int) string {
	zone, err := v.cat.Zone(id)
	if err != nil {
		return strconv.Itoa(id)
	}
	return v.name(zone.NameJA, zone.NameEN)
}

// companyName names a company, "" for none.
func (v *visit) companyName(id int) string {
	company, err := v.cat.Company(id)
	if err != nil {
		return ""
	}
	return v.name(company.NameJA, company.NameEN)
}

// equipmentName is the word for a piece of equipment, or the piece as typed.
func (v *visit) equipmentName(e string) string {
	if locale.Has("equipment." + e) {
		return v.t("equipment." + e)
	}
	return e
}
