package ui

// Field is one control of a form that is told by data. The forms of the desk
// have many fields and all look alike; a page lists them and draws none by hand.
type Field struct {
	Name     string
	Type     string // of an input (text when empty), or select, textarea, checkbox, checks, choices, file
	Label    string // key
	Hint     string // key
	Options  []Option
	Required bool
	Optional bool
	Wide     bool // takes the whole line
	Min      string
	Max      string
	Step     string
	Longest  string // in characters
	Rows     int
}

// Section is the fields under one heading.
type Section struct {
	Title  string // key, "" for none
	Hint   string // key
	Fields []Field
}

// Deed is something that can be done to what a page is about, besides saving it.
// It is folded away until it is wanted, with what follows from it.
type Deed struct {
	Icon   string
	Label  string // key of the fold's line and, without Button, of the button
	Button string // key
	Text   string // what follows, worded
	URL    string
	Danger bool
	Upload bool // a file is sent along
	Open   bool
	Form   Form
	Fields []Field
}

// Press is the key of the button's words.
func (d Deed) Press() string {
	if d.Button != "" {
		return d.Button
	}
	return d.Label
}

// Listing is a table that is a list of cards on a phone.
type Listing struct {
	ID      string // of the element, where a pager leads to it
	Title   string // worded, "" for none
	Columns []Column
	Lines   []Line
	None    string // key of what stands there when it is empty
	Pager   Pager  // leads to the rest of it
	Add     Action // makes another of what it lists
	Prose   bool   // its cells are sentences
}

// Pager leads through a list that is longer than one page. Its addresses are ""
// where there is nothing to lead to.
type Pager struct {
	Words  string // which part this is: "21–40 / 115"
	Start  string // the beginning of a list that can only be read onwards
	Before string
	After  string
}

// Column is the head of one column.
type Column struct {
	Label  string
	Number bool
}

// Line is one thing of a list. The first cell names it.
type Line struct {
	URL     string // where its name leads, "" = nowhere
	Cells   []Cell
	Actions []Action
}

// Cell is what stands in one column.
type Cell struct {
	Text   string
	Whole  string // behind it, and never broken: hours, a reference
	Small  string // under it
	Badge  string // the kind of badge it is: "ok", "warn", "danger", "plain"; "" for plain text
	Icon   string // of the badge
	Number bool
	Typed  bool // somebody typed it: it is in no particular language
}

// Fact is a name and its value.
type Fact struct {
	Name, Value string
	Typed       bool // as in Cell
}

// Columns makes the heads of a listing from words; a word that begins with # is
// over numbers.
func Columns(words ...string) []Column {
	columns := make([]Column, len(words))
	for i, w := range words {
		if w != "" && w[0] == '#' {
			columns[i] = Column{Label: w[1:], Number: true}
			continue
		}
		columns[i] = Column{Label: w}
	}
	return columns
}
