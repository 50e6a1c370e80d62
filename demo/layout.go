package demo

import "kyoten/models"

// layout is one site's floor: an invention, in centimetres from the upper left
// corner, the windows at the top.
type layout struct {
	slug          string
	capacity      int
	walkIns       bool
	width, height int
	nameJA        string
	nameEN        string
	blocks        []block
	rooms         []room
	shapes        []shape
}

// block is a group of seats in a grid, with the desk they share.
type block struct {
	letter     string // seats are called, ...
	office     int    // the company whose office it stands in, 0 = anybody's
	x, y       int
	cols, rows int
	w, h       int // of a seat
	gapX, gapY int
	equipment  models.Strings
}

// room is a meeting room.
type room struct {
	nameJA, nameEN string
	office         int
	x, y, w, h     int
	capacity       int
	video          bool
	equipment      models.Strings
}

// shape is a piece of the drawing as package web draws it.
type shape struct {
	Kind   string `json:"kind"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Zone   int    `json:"zone,omitempty"`
	NameJA string `json:"name_ja,omitempty"`
	NameEN string `json:"name_en,omitempty"`

	office int // becomes Zone
}

// table is a shared desk: two rows of seats on either side of it.
func table(letter string, x, y, cols int, equipment ...string) block {
	return block{letter: letter, x: x, y: y, cols: cols, rows: 2, w: 110, h: 90, gapX: 15, gapY: 40, equipment: equipment}
}

// counter is a row of seats at the window.
func counter(x, y, seats int) block {
	return block{letter: "W", x: x, y: y, cols: seats, rows: 1, w: 110, h: 90, gapX: 20, equipment: models.Strings{"power"}}
}

// booths are desks with walls around them.
func booths(x, y, cols, rows int) block {
	return block{letter: "F", x: x, y: y, cols: cols, rows: rows, w: 150, h: 120, gapX: 40, gapY: 30, equipment: models.Strings{"power", "monitor"}}
}

// office is a company's desks in its own room.
func office(letter string, company, x, y, cols, rows int) block {
	return block{
		letter: letter, office: company, x: x, y: y, cols: cols, rows: rows, w: 120, h: 95, gapX: 35, gapY: 30,
		equipment: models.Strings{"power", "monitor"},
	}
}

var layouts = []layout{shiojiri, colabo, knowers}

var shiojiri = layout{
	slug: "shiojiri", capacity: 90, width: 2140, height: 1600, nameJA: "3階", nameEN: "3rd floor",
	blocks: []block{
		counter(60, 50, 10),
		table("A", 80, 250, 4, "power"), table("B", 760, 250, 4, "power"),
		table("C", 80, 560, 4, "power"), table("D", 760, 560, 4, "power", "monitor"),
		booths(80, 880, 6, 1),
		office("P", 1, 1460, 90, 4, 3),
		office("S", 2, 1460, 800, 4, 2),
	},
	rooms: []room{
		{"会議室A", "Room A", 0, 60, 1220, 480, 320, 10, true, models.Strings{"monitor", "video", "whiteboard"}},
		{"会議室B", "Room B", 0, 580, 1220, 380, 320, 6, true, models.Strings{"monitor", "video"}},
		{"会議室C", "Room C", 0, 1000, 1220, 300, 320, 4, true, models.Strings{"monitor", "video"}},
		{"見本精機会議室", "Sample room", 1, 1460, 500, 420, 150, 6, true, models.Strings{"monitor", "video"}},
	},
	shapes: []shape{
		{Kind: "area", X: 20, Y: 20, Width: 1380, Height: 1160, NameJA: "テレワークセンター", NameEN: "Telework centre"},
		{Kind: "area", X: 1420, Y: 20, Width: 700, Height: 680, NameJA: "見本精機", NameEN: "Sample Precision", office: 1},
		{Kind: "area", X: 1420, Y: 720, Width: 700, Height: 360, NameJA: "架空ソフトウェア", NameEN: "Fictional Software", office: 2},
		{Kind: "area", X: 1420, Y: 1100, Width: 700, Height: 460, NameJA: "ラウンジ", NameEN: "Lounge"},
		{Kind: "window", X: 20, Y: 20, Width: 1380},
		{Kind: "window", X: 1420, Y: 20, Width: 700},
		{Kind: "wall", X: 20, Y: 20, Height: 1560},
		{Kind: "wall", X: 2120, Y: 20, Height: 1560},
		{Kind: "wall", X: 20, Y: 1580, Width: 1480},
		{Kind: "wall", X: 1700, Y: 1580, Width: 420},
		{Kind: "wall", X: 1410, Y: 20, Height: 1080},
		{Kind: "wall", X: 1410, Y: 710, Width: 710},
		{Kind: "wall", X: 1410, Y: 1090, Width: 710},
		{Kind: "wall", X: 20, Y: 1190, Width: 1300},
		{Kind: "door", X: 1500, Y: 1570, Width: 200, Height: 20, NameJA: "入口", NameEN: "Entrance"},
		{Kind: "door", X: 1400, Y: 560, Width: 20, Height: 110},
		{Kind: "door", X: 1400, Y: 960, Width: 20, Height: 110},
		{Kind: "furniture", X: 1480, Y: 1180, Width: 180, Height: 80, NameJA: "ソファ", NameEN: "Sofa"},
		{Kind: "furniture", X: 1480, Y: 1320, Width: 180, Height: 80, NameJA: "ソファ", NameEN: "Sofa"},
		{Kind: "furniture", X: 1840, Y: 1160, Width: 240, Height: 70, NameJA: "給湯", NameEN: "Kitchen"},
		{Kind: "furniture", X: 1760, Y: 1420, Width: 300, Height: 90, NameJA: "受付", NameEN: "Reception"},
	},
}

var colabo = layout{
	slug: "colabo", capacity: 70, walkIns: true, width: 2140, height: 1440, nameJA: "2階", nameEN: "2nd floor",
	blocks: []block{
		table("A", 80, 250, 4, "power"), table("B", 760, 250, 4, "power"),
		table("C", 80, 560, 4, "power"), table("D", 760, 560, 4, "power"),
		table("E", 80, 870, 4, "power", "monitor"),
		counter(60, 50, 10),
		booths(1500, 1080, 3, 2),
	},
	rooms: []room{
		{"会議室1", "Room 1", 0, 1480, 50, 620, 360, 8, true, models.Strings{"monitor", "video", "whiteboard"}},
		{"会議室2", "Room 2", 0, 1480, 450, 620, 280, 4, true, models.Strings{"monitor", "video"}},
		{"プロジェクター室", "Projector room", 0, 1480, 770, 620, 240, 12, true, models.Strings{"projector", "video", "whiteboard"}},
	},
	shapes: []shape{
		{Kind: "area", X: 20, Y: 20, Width: 1400, Height: 1150, NameJA: "ワークスペース", NameEN: "Work space"},
		{Kind: "area", X: 760, Y: 860, Width: 600, Height: 250, NameJA: "ラウンジ", NameEN: "Lounge"},
		{Kind: "window", X: 20, Y: 20, Width: 2100},
		{Kind: "wall", X: 20, Y: 20, Height: 1400},
		{Kind: "wall", X: 2120, Y: 20, Height: 1400},
		{Kind: "wall", X: 20, Y: 1420, Width: 560},
		{Kind: "wall", X: 800, Y: 1420, Width: 1320},
		{Kind: "wall", X: 1440, Y: 20, Height: 1020},
		{Kind: "wall", X: 1440, Y: 1040, Width: 680},
		{Kind: "door", X: 580, Y: 1410, Width: 220, Height: 20, NameJA: "入口", NameEN: "Entrance"},
		{Kind: "door", X: 1430, Y: 180, Width: 20, Height: 110},
		{Kind: "door", X: 1430, Y: 540, Width: 20, Height: 110},
		{Kind: "door", X: 1430, Y: 840, Width: 20, Height: 110},
		{Kind: "furniture", X: 800, Y: 960, Width: 220, Height: 80, NameJA: "ソファ", NameEN: "Sofa"},
		{Kind: "furniture", X: 1100, Y: 960, Width: 220, Height: 80, NameJA: "ソファ", NameEN: "Sofa"},
		{Kind: "furniture", X: 80, Y: 1240, Width: 360, Height: 110, NameJA: "給湯・コピー", NameEN: "Kitchen, copier"},
		{Kind: "furniture", X: 900, Y: 1240, Width: 360, Height: 110, NameJA: "受付", NameEN: "Reception"},
	},
}

var knowers = layout{
	slug: "knowers", capacity: 45, width: 1980, height: 1240, nameJA: "1階", nameEN: "Ground floor",
	blocks: []block{
		table("A", 80, 250, 3, "power", "monitor"), table("B", 600, 250, 3, "power", "monitor"),
		table("C", 80, 560, 3, "power"), table("D", 600, 560, 3, "power"),
		counter(60, 50, 8),
	},
	rooms: []room{
		{"スタジオ", "Studio", 0, 1260, 50, 680, 340, 6, true, models.Strings{"projector", "video"}},
		{"会議室1", "Room 1", 0, 1260, 430, 680, 300, 8, true, models.Strings{"monitor", "video", "whiteboard"}},
		{"会議室2", "Room 2", 0, 1260, 770, 330, 260, 4, true, models.Strings{"monitor", "video"}},
		{"配信ブース", "Stream booth", 0, 1630, 770, 310, 260, 2, true, models.Strings{"monitor", "video"}},
	},
	shapes: []shape{
		{Kind: "area", X: 20, Y: 20, Width: 1180, Height: 800, NameJA: "ワークスペース", NameEN: "Work space"},
		{Kind: "area", X: 60, Y: 850, Width: 620, Height: 330, NameJA: "工房", NameEN: "Workshop"},
		{Kind: "window", X: 20, Y: 20, Width: 1940},
		{Kind: "wall", X: 20, Y: 20, Height: 1200},
		{Kind: "wall", X: 1960, Y: 20, Height: 1200},
		{Kind: "wall", X: 20, Y: 1220, Width: 820},
		{Kind: "wall", X: 1060, Y: 1220, Width: 900},
		{Kind: "wall", X: 1220, Y: 20, Height: 1030},
		{Kind: "wall", X: 1220, Y: 1050, Width: 740},
		{Kind: "door", X: 840, Y: 1210, Width: 220, Height: 20, NameJA: "入口", NameEN: "Entrance"},
		{Kind: "door", X: 1210, Y: 160, Width: 20, Height: 110},
		{Kind: "door", X: 1210, Y: 520, Width: 20, Height: 110},
		{Kind: "door", X: 1210, Y: 840, Width: 20, Height: 110},
		{Kind: "furniture", X: 110, Y: 930, Width: 220, Height: 110, NameJA: "作業台", NameEN: "Workbench"},
		{Kind: "furniture", X: 400, Y: 930, Width: 220, Height: 110, NameJA: "3Dプリンター", NameEN: "3D printer"},
		{Kind: "furniture", X: 800, Y: 880, Width: 330, Height: 90, NameJA: "受付", NameEN: "Reception"},
	},
}
