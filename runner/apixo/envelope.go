package apixo

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxText bounds every text that is taken from an answer.
	maxText = 8 << 10
	// maxTaskID is above what any server would take back in a URL.
	maxTaskID = 64 << 10
)

// readEnvelope fills the answer from the text of a body and returns what is
// under "data": an object, a number, null or nothing (API document, section
// 2), and under "code". The task ID is taken whatever the rest is like.
func readEnvelope(a *Answer, text []byte) (payload, code json.RawMessage) {
	if text = bytes.TrimPrefix(text, []byte("\ufeff")); !utf8.Valid(text) {
		text = bytes.ToValidUTF8(text, []byte("\ufffd"))
	}
	envelope, err := readObject(text)
	if err != nil {
		a.TaskID = salvageTaskID(text)
		return nil, nil
	}
	data, err := readObject(envelope["data"])
	if a.TaskID = firstText(taskIDText, data["taskId"], envelope["taskId"]); err != nil && a.TaskID == "" {
		a.TaskID = salvageTaskID(text)
	}
	a.Code, a.Envelope = readCode(envelope["code"])
	a.FailCode = firstText(literalText, data["failCode"], envelope["failCode"])
	a.Message = firstText(messageText, envelope["message"], envelope["error"], data["error"], data["message"], data["failMsg"])
	return envelope["data"], envelope["code"]
}

// errTwice: whoever reads an object with a key twice may take either value, so
// nobody can say what it means.
var errTwice = errors.New("a key is in the object twice")

// readObject reads a JSON object by the exact names of its keys, each of which it
// may have once. The values are parts of the text.
func readObject(text []byte) (map[string]json.RawMessage, error) {
	if !json.Valid(text) {
		return nil, errors.New("not JSON")
	}
	object := make(map[string]json.RawMessage, 8)
	var name []byte
	depth, value := 0, 0 // where the member's value begins; 0 before it
	for i := 0; i < len(text); i++ {
		c := text[i]
		if depth == 1 && value > 0 && (c == ',' || c == '}') {
			key := literalText(name)
			if _, twice := object[key]; twice {
				return nil, errTwice
			}
			object[key], value = bytes.TrimSpace(text[value:i:i]), 0
		}
		switch c {
		case '"':
			end := literalEnd(text, i)
			if depth == 1 && value == 0 {
				name = text[i:end]
			}
			i = end - 1
		case '{', '[':
			if depth++; depth == 1 && c == '[' {
				return nil, errors.New("not an object")
			}
		case '}', ']':
			depth--
		case ':':
			if depth == 1 {
				value = i + 1
			}
		}
	}
	if name == nil && !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return nil, errors.New("not an object")
	}
	return object, nil
}

// literalEnd is where the string of a valid JSON text ends that begins at i.
func literalEnd(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// readCode accepts a whole number, also if written 200.0.
func readCode(raw json.RawMessage) (code int, ok bool) {
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > math.MaxInt32 {
		return 0, false
	}
	return int(n), true
}

// firstText returns the first text that read finds in the values.
func firstText(read func(json.RawMessage) string, values ...json.RawMessage) string {
	for _, raw := range values {
		if text := read(raw); text != "" {
			return text
		}
	}
	return ""
}

// literalText reads a string, or a number as it is written, of valid JSON; "" if it
// is neither, or absent.
func literalText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch c := raw[0]; {
	case c == '"' && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw):
		return string(raw[1 : len(raw)-1])
	case c == '"':
		var text string
		_ = json.Unmarshal(raw, &text) // valid
		return text
	case c == '-' || c >= '0' && c <= '9':
		return string(raw)
	}
	return ""
}

// messageText reads a text or an object that holds one as "message".
func messageText(raw json.RawMessage) string {
	if len(raw) > 0 && raw[0] == '{' {
		object, _ := readObject(raw)
		raw = object["message"]
	}
	return literalText(raw)
}

// taskIDText reads a task ID. It is opaque: only what could never be asked for
// again, an empty or an enormous one, counts as none.
func taskIDText(raw json.RawMessage) string {
	id := literalText(raw)
	if strings.TrimSpace(id) == "" || len(id) > maxTaskID {
		return ""
	}
	return id
}

// salvageTaskID finds the first task ID in an answer that is cut off or damaged
// behind it, or that says things twice: a text or a number under "taskId" at the
// top or directly in "data". A number at the very end is not taken: of a cut one
// nobody knows the rest.
func salvageTaskID(text []byte) string {
	d := json.NewDecoder(bytes.NewReader(text))
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return ""
	}
	id, _ := salvageMembers(d, int64(len(text)), true)
	return id
}

// salvageMembers reads the members of an object as far as they go. whole is false
// if the reading cannot go on behind the object.
func salvageMembers(d *json.Decoder, end int64, top bool) (id string, whole bool) {
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "", false
		}
		if top && key == "data" {
			if id, whole := salvageData(d, end); id != "" || !whole {
				return id, whole
			}
			continue
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return "", false
		}
		if key != "taskId" || value[0] != '"' && d.InputOffset() == end {
			continue
		}
		if id := taskIDText(value); id != "" {
			return id, true
		}
	}
	_, err := d.Token()
	return "", err == nil
}

// salvageData reads what stands under "data", object or not.
func salvageData(d *json.Decoder, end int64) (id string, whole bool) {
	switch token, err := d.Token(); {
	case err != nil:
		return "", false
	case token == json.Delim('{'):
		return salvageMembers(d, end, false)
	case token != json.Delim('['):
		return "", true
	}
	for d.More() {
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return "", false
		}
	}
	_, err := d.Token()
	return "", err == nil
}

// bounded cuts a text to maxText bytes of valid UTF-8.
func bounded(s string) string {
	if len(s) > maxText {
		end := maxText
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return s
}
