package apixo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrOtherTask: a status answer was about another task than was asked for.
var ErrOtherTask = errors.New("the API answered for another task")

// readTask reads the task out of the payload of a status answer, which must be
// about the task that was asked for.
func readTask(payload json.RawMessage, asked string) (*Task, error) {
	fields, err := readObject(payload)
	if err != nil {
		return nil, errors.New("the API answered success without a task")
	}
	if id := firstText(taskIDText, fields["taskId"]); id != "" && id != asked {
		return nil, fmt.Errorf("%w, %.100q", ErrOtherTask, id)
	}
	t := &Task{
		TaskID:      asked,
		State:       strings.ToLower(bounded(literalText(fields["state"]))),
		FailCode:    bounded(literalText(fields["failCode"])),
		FailMsg:     bounded(literalText(fields["failMsg"])),
		Raw:         parseResult(fields["resultJson"]),
		CreatedAt:   parseTime(fields["createTime"]),
		CompletedAt: parseTime(fields["completeTime"]),
	}
	t.URLs = resultURLs(t.Raw)
	return t, nil
}

// isTask reports whether a payload is about the task that was asked for, and says
// how it is: nothing but the API's answer does both.
func isTask(payload json.RawMessage, asked string) bool {
	fields, err := readObject(payload)
	return err == nil && literalText(fields["taskId"]) == asked && literalText(fields["state"]) != ""
}

// parseResult reads resultJson: JSON text inside a string, as documented, or
// the JSON itself, as clients accept it. nil if there is none.
func parseResult(raw json.RawMessage) json.RawMessage {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return bytes.Clone(raw) // not a string; nil if absent
	}
	inner := strings.TrimSpace(text)
	switch {
	case inner == "" || inner == "null":
		return nil // also where raw is null
	case json.Valid([]byte(inner)):
		return json.RawMessage(inner)
	default:
		return raw
	}
}

// Times that make sense: no task is older than the service, and none is of the
// next century.
const (
	firstSecond = 946_684_800   // 2000-01-01
	lastSecond  = 4_102_444_800 // 2100-01-01
)

// parseTime reads a Unix time. Milliseconds are documented; seconds and
// microseconds are told from them by their size. Anything else is the zero
// time.
func parseTime(raw json.RawMessage) time.Time {
	n, err := strconv.ParseFloat(strings.TrimSpace(literalText(raw)), 64)
	if err != nil {
		return time.Time{}
	}
	for _, perSecond := range [...]float64{1, 1e3, 1e6} {
		if n >= firstSecond*perSecond && n < lastSecond*perSecond {
			return time.UnixMicro(int64(n * (1e6 / perSecond))).UTC()
		}
	}
	return time.Time{}
}
