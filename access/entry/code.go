package entry

import (
	"encoding/binary"
	"strings"
	"time"
)

// The parts of a code in bytes: B || S, or B || D || S || T || L.
const (
	deviceSize    = 33
	signatureSize = 64
	stepSize      = 4
	staticSize    = bodySize + signatureSize
	passSize      = bodySize + deviceSize + signatureSize
	liveSize      = passSize + stepSize + signatureSize
)

// The prefixes of a code's text, and the longest text that is looked at.
const (
	prefixSize   = 2
	staticPrefix = "K1"
	livePrefix   = "K2"
	longestText  = 400
)

// StepLength is how long a live code is shown before the phone makes the next.
const StepLength = 15 * time.Second

// StepAt returns the number of the 15-second step that t lies in.
func StepAt(t time.Time) uint32 { return uint32(t.Unix() / int64(StepLength/time.Second)) }

// Code is a parsed entry code. Parsing proves nothing: until VerifyIssuer has
// answered true, every field is what a stranger wrote.
type Code struct {
	Body   Body
	Device []byte // the phone's P-256 key, compressed; nil in a static code
	Step   uint32 // T, the 15-second step a live code was made in

	signed    []byte // what the issuer signed: B, or B || D
	issuerSig []byte
	deviceSig []byte
}

// Live reports whether the code was made by a phone for this moment.
func (c Code) Live() bool { return c.Body.Type == Live }

// Normalize undoes what scanners do to a text: it drops trailing line ends and
// blanks, one AIM identifier and one ECI marker in front (a scanner that reports
// both sends them in this order), and folds lower case. It repairs nothing else:
// only the canonical spelling of a code is accepted.
func Normalize(text string) string {
	text = strings.TrimRight(text, "\r\n\t ")
	if len(text) >= 3 && text[0] == ']' && text[1] == 'Q' && text[2] >= '0' && text[2] <= '6' {
		text = text[3:]
	}
	if len(text) >= 7 && text[0] == '\\' && allDigits(text[1:7]) {
		text = text[7:]
	}
	return foldCase(text)
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// foldCase raises a to z and leaves every other byte alone: strings.ToUpper
// would turn foreign letters, such as the dotless i, into ours.
func foldCase(s string) string {
	folded := []byte(s)
	for i, c := range folded {
		if c >= 'a' && c <= 'z' {
			folded[i] = c - 'a' + 'A'
		}
	}
	return string(folded)
}

// Parse reads a scanned text: steps 0 to 2 of the decision table. The reason is
// empty when the text has the form of a code.
func Parse(text string) (Code, Reason) {
	if text = Normalize(text); len(text) > longestText || len(text) < prefixSize {
		return Code{}, BadFormat
	}
	raw, ok := ParseBase32(text[prefixSize:])
	if !ok {
		return Code{}, BadFormat
	}
	switch prefix := text[:prefixSize]; {
	case prefix == staticPrefix && len(raw) == staticSize:
		return readCode(raw, Static)
	case prefix == livePrefix && len(raw) == liveSize:
		return readCode(raw, Live)
	}
	return Code{}, BadFormat
}

// readCode splits the bytes of a code whose prefix promises the type want.
func readCode(raw []byte, want Type) (Code, Reason) {
	c := Code{Body: readBody(raw), signed: raw[:bodySize]}
	if c.Body.Type != want {
		return Code{}, UnsupportedVersion
	}
	if want == Static {
		c.issuerSig = raw[bodySize:]
		return c, ""
	}
	const deviceEnd = bodySize + deviceSize
	c.Device, c.signed = raw[bodySize:deviceEnd], raw[:deviceEnd]
	c.issuerSig = raw[deviceEnd:passSize]
	c.Step = binary.BigEndian.Uint32(raw[passSize:])
	c.deviceSig = raw[passSize+stepSize:]
	return c, ""
}

// Text returns the code as it was scanned, in its one canonical spelling.
func (c Code) Text() string {
	raw := append(append(make([]byte, 0, liveSize), c.signed...), c.issuerSig...)
	if !c.Live() {
		return staticPrefix + Base32(raw)
	}
	raw = binary.BigEndian.AppendUint32(raw, c.Step)
	return livePrefix + Base32(append(raw, c.deviceSig...))
}
