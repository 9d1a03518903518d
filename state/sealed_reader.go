package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
)

// sealedReader reads a snapshot once, from its first byte to its last, value by value.
// On the way it computes the checksum. A large state is never in memory as a whole.
type sealedReader struct {
	from   io.Reader
	ended  bool
	err    error     // of from, but for its end
	held   []byte    // what was read last
	at     int       // held is taken up to here
	sum    hash.Hash // of all that was read, but for the last sealedEnd bytes
	summed int       // held is in the sum up to here
}

func newSealedReader(from io.Reader) *sealedReader {
	return &sealedReader{from: from, sum: sha256.New()}
}

// more reads on, unless that is not possible. It lets go of what was taken: slices of
// held do not outlive it.
func (r *sealedReader) more() bool {
	const atOnce = 64 << 10
	if r.ended {
		return false
	}
	gone := min(r.at, r.summed)
	r.held = r.held[:copy(r.held, r.held[gone:])]
	r.at, r.summed = r.at-gone, r.summed-gone
	have := len(r.held)
	size := max(atOnce, have) // twice as much each time: a large value is looked at anew
	r.held = slices.Grow(r.held, size)
	n, err := io.ReadFull(r.from, r.held[have:have+size])
	r.held = r.held[:have+n]
	if err != nil {
		r.ended = true
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			r.err = err
		}
	}
	if end := len(r.held) - sealedEnd; end > r.summed {
		r.sum.Write(r.held[r.summed:end])
		r.summed = end
	}
	return n > 0
}

// next is the next byte that is no space, which is not taken; 0 at the end.
func (r *sealedReader) next() byte {
	for {
		for ; r.at < len(r.held); r.at++ {
			if c := r.held[r.at]; !isSpace(c) {
				return c
			}
		}
		if !r.more() {
			return 0
		}
	}
}

// take takes the next byte that is no space, if it is this one.
func (r *sealedReader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

// item tells whether an object or list, of which the first items were taken, goes on,
// and takes what stands before the next one, or its end.
func (r *sealedReader) item(items int, end byte) (bool, error) {
	switch {
	case r.take(end):
		return false, nil
	case items == 0 || r.take(','):
		return true, nil
	default:
		return false, errors.New("a comma or an end is missing")
	}
}

// value takes the next value. It is valid until the next call, and JSON only if
// encoding/json says so.
func (r *sealedReader) value() ([]byte, error) {
	r.next()
	for {
		if n := valueEnd(r.held[r.at:]); n >= 0 {
			r.at += n
			return r.held[r.at-n : r.at], nil
		}
		if !r.more() {
			return nil, io.ErrUnexpectedEOF
		}
	}
}

// name takes the name of a member, and the colon.
func (r *sealedReader) name() (name string, err error) {
	quoted, err := r.value()
	if err != nil {
		return "", err
	}
	if len(quoted) == 0 || quoted[0] != '"' {
		return "", errors.New("a name is missing")
	}
	if err := json.Unmarshal(quoted, &name); err != nil {
		return "", err
	}
	if !r.take(':') {
		return "", fmt.Errorf("there is no colon after %q", name)
	}
	return name, nil
}

// checksum reads on to the end, and verifies the last field against all bytes
// before it.
func (r *sealedReader) checksum() (string, error) {
	for r.at = len(r.held); r.more(); r.at = len(r.held) {
	}
	if r.err != nil {
		return "", r.err
	}
	if len(r.held) < sealedEnd {
		return "", errors.New("it does not end with its checksum: it is cut off")
	}
	tail := string(r.held[len(r.held)-sealedEnd:])
	if !strings.HasPrefix(tail, checksumLead) || !strings.HasSuffix(tail, checksumEnd) {
		return "", errors.New("it does not end with its checksum: it is cut off, or was written by something else")
	}
	sum := "sha256:" + hex.EncodeToString(r.sum.Sum(nil))
	if tail != checksumLead+sum+checksumEnd {
		return "", errors.New("its checksum does not match its content: it is damaged or was edited")
	}
	return sum, nil
}
