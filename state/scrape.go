package state

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"

	"apixo-batch/spec/task"
)

// scraped is what can be read in text that is not whole: a damaged snapshot, a
// damaged line of a journal. No checksum vouches for any of it.
type scraped struct {
	records   []Record
	spends    []Spend
	entries   []Entry
	approvals []Approval
	fragments []fragment
}

// fragment is what the remains of a record tell.
type fragment struct {
	address task.Address // zero if it is not readable
	request task.Request // as far as it is readable
	print   task.Fingerprint
	tasks   []string
}

var (
	// An object of ours begins with one of these fields.
	objectStart = regexp.MustCompile(`\{\s*"(address|nonce|kind|plan)"\s*:`)
	telling     = regexp.MustCompile(`"(address|task_id|model|fingerprint)"\s*:\s*("(?:[^"\\]|\\.)*")|"(request)"\s*:\s*\{`)
	aPrint      = regexp.MustCompile(`^1:[0-9a-f]{64}$`)
)

const (
	// largestObject is how far the end of an object is looked for.
	largestObject = 1 << 20
	// maxBroken objects are tried; what follows is searched for fragments only.
	maxBroken = 1000
)

// scrape finds whole objects in text, and in what is left of it the fields that
// name a submit.
func scrape(text []byte) *scraped {
	s := &scraped{}
	broken := 0
	rest := text
	var remains []byte
	for broken < maxBroken {
		at := objectStart.FindSubmatchIndex(rest)
		if at == nil {
			break
		}
		kind := string(rest[at[2]:at[3]])
		size := s.object(kind, rest[at[0]:])
		if size == 0 {
			broken++
			size = at[1] - at[0] - 1 // go on behind the field's name
			remains = append(remains, rest[:at[0]+size]...)
		} else {
			remains = append(append(remains, rest[:at[0]]...), ' ')
		}
		rest = rest[at[0]+size:]
	}
	s.fragments = fragments(append(remains, rest...))
	return s
}

// object takes in a whole object at the start of text and tells its length; 0 if
// there is none.
func (s *scraped) object(kind string, text []byte) int {
	decoder := json.NewDecoder(bytes.NewReader(text[:min(len(text), largestObject)]))
	var raw json.RawMessage
	if decoder.Decode(&raw) != nil {
		return 0
	}
	taken := false
	switch kind {
	case "address":
		taken = take(raw, &s.records, func(r *Record) bool {
			compactRecord(r)
			return checkRecord(*r, "") == nil
		})
	case "nonce":
		taken = take(raw, &s.spends, func(p *Spend) bool {
			return checkEntry(Entry{Kind: Reserve, Nonce: p.Nonce, Address: p.Address, Cost: p.Cost}, false) == nil
		})
	case "kind":
		taken = take(raw, &s.entries, func(e *Entry) bool { return checkEntry(*e, e.Kind != Reserve) == nil })
	case "plan":
		taken = take(raw, &s.approvals, func(a *Approval) bool { return a.Plan != "" })
	}
	if !taken {
		return 0
	}
	return int(decoder.InputOffset())
}

func take[T any](raw json.RawMessage, list *[]T, ok func(*T) bool) bool {
	var value T
	if json.Unmarshal(raw, &value) != nil || !ok(&value) {
		return false
	}
	*list = append(*list, value)
	return true
}

// fragments reads the fields that name a submit, each address with what follows
// it.
func fragments(text []byte) []fragment {
	all := []fragment{{}} // the first for what stands before any address
	for _, at := range telling.FindAllSubmatchIndex(text, -1) {
		last := &all[len(all)-1]
		if at[6] >= 0 {
			last.takeRequest(text[at[1]-1:])
			continue
		}
		var value string
		if json.Unmarshal(text[at[4]:at[5]], &value) != nil || value == "" {
			continue
		}
		switch string(text[at[2]:at[3]]) {
		case "address":
			if address, err := task.ParseAddress(value); err == nil {
				all = append(all, fragment{address: address})
			}
		case "task_id":
			last.tasks = append(last.tasks, value)
		case "model":
			if last.request.Model == "" {
				last.request.Model = value
			}
		case "fingerprint":
			if last.print == "" && aPrint.MatchString(value) {
				last.print = task.Fingerprint(value)
			}
		}
	}
	if first := all[0]; len(first.tasks) == 0 {
		return all[1:]
	}
	return all
}

// takeRequest takes over a request that is whole.
func (f *fragment) takeRequest(text []byte) {
	var r Record
	decoder := json.NewDecoder(bytes.NewReader(text[:min(len(text), largestObject)]))
	if f.request.Input != nil || decoder.Decode(&r.Request) != nil || len(r.Request.Input) == 0 {
		return
	}
	compactRecord(&r)
	f.request = r.Request
	if f.print == "" {
		f.print = r.Request.Fingerprint()
	}
}

// headField reads a field from the head of a snapshot that is damaged.
func headField(data []byte, name string) string {
	head, _, _ := bytes.Cut(data[:min(len(data), sniffed)], []byte(`"records"`))
	at := bytes.Index(head, []byte(`"`+name+`":`))
	if at < 0 {
		return ""
	}
	decoder := json.NewDecoder(bytes.NewReader(head[at+len(name)+3:]))
	decoder.UseNumber()
	token, err := decoder.Token()
	if err != nil {
		return ""
	}
	switch v := token.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// headCount is headField for a number; 0 if it is not there.
func headCount(data []byte, name string) int64 {
	n, err := strconv.ParseInt(headField(data, name), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
