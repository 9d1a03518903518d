package simulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// job is a task, whole. Its task ID is nothing but its encoding, so that a
// simulator can answer for a task that it never saw.
type job struct {
	model     string
	accepted  time.Time // to the millisecond
	pending   time.Duration
	duration  time.Duration // from acceptance to the end, pending included
	failure   failure       // if it happens; else it succeeds
	results   int
	medium    medium
	width     int
	height    int
	flags     flags
	status    fault  // of status calls
	file      fault  // of the result files
	inputHash []byte // the first bytes of it
	number    int    // the how-manieth accepted task of its input
	words     string // the beginning of the prompt, for the picture
}

func (j job) completed() time.Time { return j.accepted.Add(j.duration) }
func (j job) failed() bool         { return j.failure.happens() }

const (
	taskIDPrefix   = "sim_"
	taskIDVersion  = 2 // of jobs that need no tail
	tailVersion    = 3
	maxTaskID      = 480
	checksumBytes  = 8
	jobHashBytes   = 8
	maxJobModel    = 48
	maxJobWords    = 48
	maxJobDuration = 32 * maxLatency
)

// errTaskID is all that a caller learns of an ID that is not one of ours.
var errTaskID = errors.New("not a task ID of this simulator")

// taskID encodes j. The checksum comes first: it makes the first characters of
// any two IDs differ, and people shorten IDs at the end.
func (j job) taskID(seed uint64) string {
	payload := j.encode()
	return taskIDPrefix + base64.RawURLEncoding.EncodeToString(append(checksum(seed, payload), payload...))
}

// jobOf decodes an ID that a simulator with the seed gave out.
func jobOf(id string, seed uint64) (job, error) {
	sum, payload, err := splitTaskID(id)
	if err != nil {
		return job{}, err
	}
	if !hmac.Equal(sum, checksum(seed, payload)) {
		return job{}, errTaskID
	}
	return decodeJob(payload)
}

func splitTaskID(id string) (sum, payload []byte, err error) {
	text, ok := strings.CutPrefix(id, taskIDPrefix)
	if !ok || len(id) > maxTaskID {
		return nil, nil, errTaskID
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) <= checksumBytes {
		return nil, nil, errTaskID
	}
	return raw[:checksumBytes], raw[checksumBytes:], nil
}

func checksum(seed uint64, payload []byte) []byte {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], seed)
	mac := hmac.New(sha256.New, key[:])
	mac.Write(payload)
	return mac.Sum(nil)[:checksumBytes]
}

func (j job) encode() []byte {
	tail := j.tail()
	version := byte(taskIDVersion)
	if tail != nil {
		version = tailVersion
	}
	b := []byte{version, byte(j.medium), byte(j.flags)}
	for _, n := range []uint64{
		uint64(j.accepted.UnixMilli()), uint64(j.duration.Milliseconds()), uint64(j.pending.Milliseconds()),
		uint64(j.results), uint64(j.width), uint64(j.height), uint64(j.number),
	} {
		b = binary.AppendUvarint(b, n)
	}
	b = appendFault(appendFault(b, j.status), j.file)
	b = append(b, j.inputHash[:jobHashBytes]...)
	for _, s := range []string{j.model, j.failure.code, firstWords(j.words)} {
		b = append(append(b, byte(len(s))), s...)
	}
	return append(b, tail...)
}

// tail holds what the jobs of version 2 do not have: further flags, how a failure
// lacks a code, and a failMsg of its own. nil without any of it.
func (j job) tail() []byte {
	message := j.failure.message
	if message == j.failure.usualMessage() {
		message = ""
	}
	more := byte(j.flags >> 8)
	if more == 0 && j.failure.lack == nothing && message == "" {
		return nil
	}
	return append([]byte{more, byte(j.failure.lack), byte(len(message))}, message...)
}

// appendFault writes what a fault of an answer is made of. Its message is not
// kept: a task ID has to fit in a URL.
func appendFault(b []byte, f fault) []byte {
	b = append(b, byte(f.shape))
	if f.shape == sound {
		return b
	}
	for _, n := range []int{f.status, f.times} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return append(append(b, byte(len(f.retryAfter))), f.retryAfter...)
}

// firstWords cuts a prompt to whole characters that fit in a task ID.
func firstWords(prompt string) string {
	prompt = strings.ToValidUTF8(prompt, "?")
	if len(prompt) <= maxJobWords {
		return prompt
	}
	n := maxJobWords
	for !utf8.RuneStart(prompt[n]) {
		n--
	}
	return prompt[:n]
}

// decodeJob is the inverse of encode. It accepts nothing that encode does not make.
func decodeJob(b []byte) (job, error) {
	r := reader{b: b}
	version := r.byte()
	j := job{medium: medium(r.byte()), flags: flags(r.byte())}
	j.accepted = time.UnixMilli(int64(r.uvarint(1 << 48)))
	j.duration = r.millis()
	j.pending = r.millis()
	j.results = int(r.uvarint(maxResults))
	j.width, j.height = int(r.uvarint(maxSide)), int(r.uvarint(maxSide))
	j.number = int(r.uvarint(1 << 40))
	j.status, j.file = r.fault(), r.fault()
	j.inputHash = r.take(jobHashBytes)
	j.model = r.text(maxJobModel)
	j.failure.code = r.text(maxFailCode)
	j.words = r.text(maxJobWords)
	var message string
	tail := r.b
	if version == tailVersion {
		j.flags |= flags(r.byte()) << 8
		j.failure.lack = lack(r.byte())
		message = r.text(maxFailMessage)
	}
	if j.failure.message = message; message == "" {
		j.failure.message = j.failure.usualMessage()
	}
	known := j.medium <= lastMedium && j.failure.lack <= lastLack && j.flags <= allFlags && (version == taskIDVersion || version == tailVersion)
	if r.bad || len(r.b) > 0 || !known || !bytes.Equal(tail, j.tail()) {
		return job{}, errTaskID
	}
	return j, nil
}

// reader takes a payload apart; once anything is out of range it is bad for good.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || len(r.b) < n {
		r.bad = true
		return make([]byte, n)
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) byte() byte { return r.take(1)[0] }

func (r *reader) uvarint(most uint64) uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > most {
		r.bad = true
		return 0
	}
	r.take(size)
	return n
}

func (r *reader) millis() time.Duration {
	return time.Duration(r.uvarint(uint64(maxJobDuration.Milliseconds()))) * time.Millisecond
}

func (r *reader) fault() fault {
	f := fault{shape: shape(r.byte())}
	if f.shape == sound {
		return f
	}
	f.status, f.times, f.retryAfter = int(r.uvarint(599)), int(r.uvarint(maxTimes)), r.text(maxRetryAfter)
	if f.status < 200 || f.shape > lastShape {
		r.bad = true
	}
	return f
}

func (r *reader) text(most int) string {
	n := int(r.byte())
	if n > most {
		r.bad = true
		return ""
	}
	return string(r.take(n))
}
