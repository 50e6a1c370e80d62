package entry

// Tree is how zones nest, of one site or of all: each zone's parent and site.
type Tree map[ZoneID]Node

// Node is a zone's place in the tree.
type Node struct {
	Parent ZoneID // 0 for an outermost zone
	Site   string
}

// deepest bounds every climb, so that zones which a broken state nests in each
// other end nothing but their own scan.
const deepest = 16

// Within reports whether zone is outer or lies somewhere inside it.
func (t Tree) Within(zone, outer ZoneID) bool {
	for range deepest {
		if zone == 0 || outer == 0 {
			return false
		}
		if zone == outer {
			return true
		}
		zone = t[zone].Parent
	}
	return false
}

// Path returns the zones around zone from the outermost to zone itself.
func (t Tree) Path(zone ZoneID) []ZoneID {
	path := make([]ZoneID, 0, 4)
	for ; zone != 0 && len(path) < deepest; zone = t[zone].Parent {
		path = append(path, zone)
	}
	for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
		path[i], path[j] = path[j], path[i]
	}
	return path
}
