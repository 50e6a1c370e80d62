package demo

import (
	"fmt"
	"strings"

	"kyoten/models"
)

// Password is the password of the demo's fixed people. It exists nowhere but in
// a demo's database.
const Password = "kyoten-demo"

// account is one of the fixed people.
type account struct {
	local      string // of the mail address
	name, kana string
	role       models.Role
	company    int // 1-based place in companies, 0 = none
	home       string
	staffs     string // the site whose desk they keep
}

// accounts are the people whom documents and tests sign in as.
var accounts = []account{
	{"admin", "足立 澄", "あだち すみ", models.RoleAdmin, 0, "shiojiri", ""},
	{"staff", "受川 幸", "うけがわ さち", models.RoleStaff, 0, "colabo", "colabo"},
	{"manager", "真島 奈緒", "まじま なお", models.RoleManager, 1, "shiojiri", ""},
	{"worker", "若林 航", "わかばやし わたる", models.RoleMember, 1, "shiojiri", ""},
	{"worker2", "和久 律", "わく りつ", models.RoleMember, 2, "shiojiri", ""},
	{"member", "望月 歩", "もちづき あゆむ", models.RoleMember, 0, "colabo", ""},
	{"member2", "百瀬 晴", "ももせ はる", models.RoleMember, 0, "knowers", ""},
}

// crowd is how many of m001, m002, ... there are.
const crowd = 60

// company is an invented company; office is its zone at Shiojiri, if it has one.
type company struct {
	nameJA, nameEN, kana string
	officeJA, officeEN   string
	people               int // beside the fixed ones
	home                 string
}

// companies say by their names that there is no such company.
var companies = []company{
	{"見本精機株式会社", "Sample Precision Co.", "みほんせいき", "見本精機 オフィス", "Sample Precision office", 14, "shiojiri"},
	{"架空ソフトウェア株式会社", "Fictional Software Inc.", "かくうそふとうぇあ", "架空ソフトウェア オフィス", "Fictional Software office", 8, "shiojiri"},
	{"例示デザイン合同会社", "Example Design LLC", "れいじでざいん", "", "", 7, "knowers"},
}

// regulars is how many people of no company have each site as their home.
var regulars = []struct {
	home string
	n    int
}{{"shiojiri", 28}, {"colabo", 40}, {"knowers", 28}}

var surnames = [][2]string{
	{"青木", "あおき"},
	{"赤羽", "あかはね"},
	{"池田", "いけだ"},
	{"上條", "かみじょう"},
	{"牛山", "うしやま"},
	{"大月", "おおつき"},
	{"小沢", "おざわ"},
	{"風間", "かざま"},
	{"神田", "かんだ"},
	{"北原", "きたはら"},
	{"熊谷", "くまがい"},
	{"小松", "こまつ"},
	{"酒井", "さかい"},
	{"清水", "しみず"},
	{"杉本", "すぎもと"},
	{"高山", "たかやま"},
	{"竹内", "たけうち"},
	{"中村", "なかむら"},
	{"二木", "ふたつぎ"},
	{"野村", "のむら"},
	{"花岡", "はなおか"},
	{"原", "はら"},
	{"藤森", "ふじもり"},
	{"降旗", "ふりはた"},
	{"丸山", "まるやま"},
	{"宮下", "みやした"},
	{"村上", "むらかみ"},
	{"柳沢", "やなぎさわ"},
	{"山岸", "やまぎし"},
	{"横山", "よこやま"},
}

var givenNames = [][2]string{
	{"葵", "あおい"},
	{"明", "あきら"},
	{"杏", "あん"},
	{"樹", "いつき"},
	{"悦子", "えつこ"},
	{"薫", "かおる"},
	{"一樹", "かずき"},
	{"香織", "かおり"},
	{"恵", "めぐみ"},
	{"健", "けん"},
	{"浩二", "こうじ"},
	{"沙織", "さおり"},
	{"翔", "しょう"},
	{"慎", "まこと"},
	{"園", "その"},
	{"孝", "たかし"},
	{"千尋", "ちひろ"},
	{"翼", "つばさ"},
	{"徹", "とおる"},
	{"直子", "なおこ"},
	{"信", "しん"},
	{"遥", "はるか"},
	{"光", "ひかる"},
	{"寛", "ひろし"},
	{"文", "ふみ"},
	{"正樹", "まさき"},
	{"美咲", "みさき"},
	{"恵子", "けいこ"},
	{"優", "ゆう"},
	{"亮", "りょう"},
}

// English speakers there are too; their mails and pages come in English.
var englishNames = []string{"Ann Lee", "Ben Carter", "Chloé Martin", "Diego Ramos", "Emily Stone", "Noah Fischer"}

// addPeople makes everybody, in an order that never changes.
func (b *builder) addPeople(passwordHash string) {
	for _, a := range accounts {
		m := b.member(a.local, a.name, a.kana, a.home)
		m.Role, m.PasswordHash = a.role, passwordHash
		m.CompanyID = b.companyID(a.company)
		if a.staffs != "" {
			b.memberSites = append(b.memberSites, models.MemberSite{MemberID: m.ID, Site: a.staffs})
		}
		b.fixed = append(b.fixed, m)
	}
	for i := range crowd {
		name, kana := b.name()
		m := b.member(fmt.Sprintf("m%03d", i+1), name, kana, b.layouts[i%len(b.layouts)].slug)
		m.PasswordHash = passwordHash
	}
	for _, r := range regulars {
		b.addRegulars(r.home, r.n, 0)
	}
	for i, c := range companies {
		b.addRegulars(c.home, c.people, i+1)
	}
}

// addRegulars makes people who book and come, and cannot sign in.
func (b *builder) addRegulars(home string, n, company int) {
	for i := range n {
		name, kana := b.name()
		locale := "ja"
		if company == 0 && i%14 == 5 {
			name, kana, locale = englishNames[(i/14+len(b.members))%len(englishNames)], "", "en"
		}
		m := b.member(fmt.Sprintf("p%03d", len(b.members)), name, kana, home)
		m.Locale, m.CompanyID = locale, b.companyID(company)
		b.regulars[home] = append(b.regulars[home], m)
	}
}

func (b *builder) name() (name, kana string) {
	family, given := pick(b.dice, surnames), pick(b.dice, givenNames)
	return family[0] + " " + given[0], family[1] + " " + given[1]
}

// member appends a member with an account of long standing.
func (b *builder) member(local, name, kana, home string) *models.Member {
	since := b.now.AddDate(0, -b.dice.between(2, 20), -b.dice.IntN(28))
	m := &models.Member{
		ID: b.dice.id(since), Email: strings.ToLower(local) + "@kyoten.example", Name: name, Kana: kana, Locale: "ja",
		Role: models.RoleMember, HomeSite: &home, Version: 1, CreatedAt: since, UpdatedAt: since,
	}
	b.members = append(b.members, m)
	return m
}

func (b *builder) companyID(place int) *int {
	if place == 0 {
		return nil
	}
	return &b.companies[place-1].ID
}

// Person is one of the fixed people, for the text that a demo begins with.
type Person struct {
	Email string
	Who   string
}

// People lists who can sign in.
func People() []Person {
	who := map[string]string{
		"admin": "administrator of the consortium", "staff": "desk of Colabo",
		"manager": "manager of " + companies[0].nameEN + ", with an office at Shiojiri",
		"worker":  "works for " + companies[0].nameEN, "worker2": "works for " + companies[1].nameEN + ", with another office there",
		"member": "no company, home Colabo", "member2": "no company, home Knower(s)",
	}
	var out []Person
	for _, a := range accounts {
		out = append(out, Person{a.local + "@kyoten.example", who[a.local]})
	}
	return append(out, Person{fmt.Sprintf("m001 ... m%03d@kyoten.example", crowd), "no company"})
}

// Gates lists the tokens of the gates.
func Gates() []string {
	var out []string
	for _, l := range layouts {
		out = append(out, GateToken(l.slug+"-entrance"))
	}
	return append(out, GateToken("shiojiri-office"), GateToken("shiojiri-office2"))
}
