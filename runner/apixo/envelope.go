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

// maxText bounds every text that is taken from an answer.
const maxText = 8 << 10

// readEnvelope fills the answer from the text of a body and returns what is
// under "data": an object, a number, null or nothing (API document, section
// 2). The task ID is taken whatever the rest is like.
func readEnvelope(a *Answer, text []byte) json.RawMessage {
	text = bytes.ToValidUTF8(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\ufffd"))
	envelope, err := readObject(text)
	if err != nil {
		a.TaskID = salvageTaskID(text)
		return nil
	}
	payload, _ := readObject(envelope["data"])
	a.TaskID = firstText(taskIDText, payload["taskId"], envelope["taskId"])
	a.Code, a.Envelope = readCode(envelope["code"])
	a.FailCode = firstText(literalText, payload["failCode"], envelope["failCode"])
	a.Message = firstText(messageText, envelope["message"], envelope["error"], payload["error"], payload["message"], payload["failMsg"])
	return envelope["data"]
}

// readObject reads a JSON object by the exact names of its keys.
func readObject(text []byte) (map[string]json.RawMessage, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	if object == nil {
		return nil, errors.New("null is no object")
	}
	return object, nil
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

// literalText reads a string, or a number as it is written; "" if it is neither.
func literalText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}

// messageText reads a text or an object that holds one as "message".
func messageText(raw json.RawMessage) string {
	if object, err := readObject(raw); err == nil {
		raw = object["message"]
	}
	return literalText(raw)
}

// taskIDText reads a task ID. It is opaque: only what could never be asked for
// again, an empty or enormous one, counts as none.
func taskIDText(raw json.RawMessage) string {
	id := literalText(raw)
	if strings.TrimSpace(id) == "" || len(id) > maxText {
		return ""
	}
	return id
}

// salvageTaskID finds the task ID in an answer that is cut off or damaged
// behind it: a text under "taskId" at the top or directly in "data". A number
// is not taken: of a cut one nobody knows the rest.
func salvageTaskID(text []byte) string {
	id, _ := salvageObject(json.NewDecoder(bytes.NewReader(text)), true)
	return id
}

// salvageObject reads one object as far as it goes. whole is false if the
// reading cannot go on behind it.
func salvageObject(d *json.Decoder, top bool) (id string, whole bool) {
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return "", false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "", false
		}
		if top && key == "data" {
			if id, whole := salvageObject(d, false); id != "" || !whole {
				return id, whole
			}
			continue
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return "", false
		}
		if key == "taskId" && value[0] == '"' {
			return taskIDText(value), true
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
