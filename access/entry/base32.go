package entry

// alphabet is Crockford's: no I, L, O or U. It lies within the alphanumeric mode
// of a QR code and on keys that every keyboard layout shares, so a
// keyboard-type scanner on a Japanese layout types it unharmed.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// digitOf maps a character to its value; 0xFF stands for every other byte.
var digitOf = func() (table [256]byte) {
	for i := range table {
		table[i] = 0xFF
	}
	for i := range alphabet {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

// Base32 writes b in the alphabet of entry codes, without padding; unused
// trailing bits are zero.
func Base32(b []byte) string {
	out := make([]byte, 0, (len(b)*8+4)/5)
	var bits uint32
	var held uint
	for _, c := range b {
		bits, held = bits<<8|uint32(c), held+8
		for ; held >= 5; held -= 5 {
			out = append(out, alphabet[bits>>(held-5)&31])
		}
	}
	if held > 0 {
		out = append(out, alphabet[bits<<(5-held)&31])
	}
	return string(out)
}

// ParseBase32 reads what Base32 writes and nothing else: one spelling per value.
// A foreign character, a length no value has, or a set spare bit is refused.
func ParseBase32(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s)*5/8)
	var bits uint32
	var held uint
	for i := range len(s) {
		d := digitOf[s[i]]
		if d == 0xFF {
			return nil, false
		}
		bits, held = bits<<5|uint32(d), held+5
		if held >= 8 {
			held -= 8
			out = append(out, byte(bits>>held))
		}
	}
	if held >= 5 || bits&(1<<held-1) != 0 {
		return nil, false
	}
	return out, true
}
