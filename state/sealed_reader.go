package state

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"
)

// sealedReader reads a snapshot once, from its first byte to its last. On the way it
// computes the checksum, and holds what was read since release for those who want
// the very bytes: a large state is never in memory as a whole.
type sealedReader struct {
	from   io.Reader
	sum    hash.Hash // of all that is read, but for the last sealedEnd bytes
	summed int64
	held   []byte // what was read last
	base   int64  // where held begins
	err    error  // of from, but for its end
}

func newSealedReader(from io.Reader) *sealedReader {
	return &sealedReader{from: from, sum: sha256.New()}
}

func (r *sealedReader) Read(p []byte) (n int, err error) {
	n, err = r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	r.held = append(r.held, p[:n]...)
	if end := r.base + int64(len(r.held)-sealedEnd); end > r.summed {
		r.sum.Write(r.between(r.summed, end))
		r.summed = end
	}
	return n, err
}

// between gives what was read from one offset to another, neither released.
func (r *sealedReader) between(from, to int64) []byte { return r.held[from-r.base : to-r.base] }

// release lets go of what stands before an offset.
func (r *sealedReader) release(offset int64) {
	const worth = 64 << 10 // of moving what is left
	offset = min(offset, r.summed)
	if offset-r.base > worth {
		r.held = append(r.held[:0], r.held[offset-r.base:]...)
		r.base = offset
	}
}

// checksum reads on to the end, and verifies the last field against all bytes
// before it.
func (r *sealedReader) checksum() (string, error) {
	rest := make([]byte, 32<<10)
	for {
		if _, err := r.Read(rest); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return "", err
		}
		r.release(r.summed)
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
