package state

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	snapshotFormat = "apixo-batch state"
	journalFormat  = "apixo-batch journal"
	formatVersion  = 1
)

// Header is what is known of a state as a whole.
type Header struct {
	Version int
	// Tool is the name and version of the program that wrote the snapshot.
	Tool string
	// Lineage names the state from its first commit on, for ever. Files of
	// different lineages never belong together.
	Lineage string
	// Serial counts the snapshots. Changes counts the commits over all of them,
	// so two readings of a state are equal if Lineage and Changes are.
	Serial  int64
	Changes int64
	// Endpoint is where the task IDs come from: "simulated" or the API's host,
	// empty until the first SetEndpoint.
	Endpoint string
	// MaskKey is 32 random bytes in hexadecimal, made with the lineage. It is
	// the key of the HMACs that stand for sensitive inputs, and never leaves
	// the state.
	MaskKey string
	Created time.Time
}

func newHeader(tool string) Header {
	return Header{
		Version: formatVersion,
		Tool:    tool,
		Lineage: newID(),
		MaskKey: randomHex(32),
		Created: time.Now().UTC(),
	}
}

// newID is a random UUID (RFC 9562, version 4).
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// sniff reads only what tells a file's format and version, before anything else
// in it is believed. Both come first in what we write; a file of someone else
// is searched to its end.
func sniff(data []byte) (format string, version int, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return "", 0, errors.New("it is not a JSON object")
	}
	for decoder.More() && (format == "" || version == 0) {
		key, err := decoder.Token()
		if err != nil {
			return "", 0, err
		}
		switch key {
		case "format":
			err = decoder.Decode(&format)
		case "version":
			err = decoder.Decode(&version)
		default:
			var skipped json.RawMessage
			err = decoder.Decode(&skipped)
		}
		if err != nil {
			return "", 0, err
		}
	}
	return format, version, nil
}

// checkFormat refuses what is not ours and what is newer than we are.
func checkFormat(path, want string, data []byte) error {
	format, version, err := sniff(data)
	switch {
	case err != nil:
		return &CorruptError{Path: path, Problem: "it cannot be read as JSON: " + err.Error(), Advice: adviceFile}
	case format != want || version < 1:
		return &CorruptError{
			Path:    path,
			Problem: fmt.Sprintf("it is not a file of this program (no \"format\": %q with a version)", want),
			Advice:  "Move the file away, or name another state with -state=PATH",
		}
	case version > formatVersion:
		return &VersionError{Path: path, Version: version}
	}
	return nil
}

const adviceFile = "Put back an unchanged copy of the file; do not delete it, it knows what was paid for. `apixo-batch state recover` shows what can be read"
