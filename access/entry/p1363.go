package entry

import (
	"encoding/asn1"
	"fmt"
	"math/big"
)

// derToP1363 turns the form Go signs in into the one WebCrypto and our codes use.
func derToP1363(der []byte) ([]byte, error) {
	var sig struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &sig); err != nil {
		return nil, fmt.Errorf("read the signature: %w", err)
	}
	out := make([]byte, signatureSize)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out, nil
}
