package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// maskWith makes the Mask of a state: what stands for a sensitive value in
// records and fingerprints is its HMAC-SHA-256 with the state's own key. Equal
// values have equal masks in one state, and tell nothing in another. A state
// that does not exist yet has no key; what it would mask is compared with
// nothing and stored nowhere.
func maskWith(key string) spec.Mask {
	raw, err := hex.DecodeString(key)
	if err != nil {
		raw = []byte(key)
	}
	return func(plain string) string {
		mac := hmac.New(sha256.New, raw)
		mac.Write([]byte(plain))
		return task.MaskPrefix + hex.EncodeToString(mac.Sum(nil))
	}
}
