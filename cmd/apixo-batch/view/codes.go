package view

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"apixo-batch/spec/catalog"
)

// WriteCode explains one status, fail code or reason.
func WriteCode(w io.Writer, c catalog.Code, width int) {
	out := labelled{w, codeColumn, width}
	fmt.Fprintln(w, Clean(c.Code))
	out.line("meaning", Clean(c.Meaning))
	out.line("reason", Clean(c.Reason))
	out.line("repeat", repeatText(c))
	out.line("retry", attemptText(c))
	out.line("what to do", Clean(c.Action))
	out.line("source", Clean(c.Source))
}

const (
	codeColumn = 13 // where the text beside a label begins
	listedCode = 25 // a wider name has a line of its own in a list
)

// WriteCodes lists statuses, fail codes and reasons, one paragraph each.
func WriteCodes(w io.Writer, all []catalog.Code, width int) {
	for len(all) > 0 {
		title := codeTitle(all[0])
		end := slices.IndexFunc(all, func(c catalog.Code) bool { return codeTitle(c) != title })
		if end < 0 {
			end = len(all)
		}
		fmt.Fprintln(w, title)
		listCodes(w, all[:end], width)
		fmt.Fprintln(w)
		all = all[end:]
	}
	fmt.Fprintln(w, "apixo-batch explain CODE says what to do about one.")
}

func listCodes(w io.Writer, section []catalog.Code, width int) {
	names := 0
	for _, c := range section {
		if n := columns(Clean(c.Code)); n <= listedCode {
			names = max(names, n)
		}
	}
	out := labelled{w, 2 + names + 2, width}
	for _, c := range section {
		out.line(Clean(c.Code), Clean(c.Meaning))
	}
}

func codeTitle(c catalog.Code) string {
	switch {
	case isStatus(c):
		return "Statuses of the API"
	case c.Source != "":
		return "Fail codes of the API (case, spaces, _ and - do not count)"
	default:
		return "Reasons, which this program sorts failures into"
	}
}

func isStatus(c catalog.Code) bool {
	_, err := strconv.Atoi(c.Code)
	return err == nil
}

// repeatText says whether the same call is made again, and whether that may cost
// something: a task may have come of a submit that was answered with a 5xx.
func repeatText(c catalog.Code) string {
	switch {
	case !isStatus(c) || c.Code == "200":
		return ""
	case c.Repeats < 0:
		return "the call is repeated by itself, at the pace that the API allows"
	case c.Repeats > 0:
		return fmt.Sprintf("a refused submit is repeated up to %d times by itself, and each repeat may be charged; a status call is made again as long as it takes", c.Repeats)
	case strings.HasPrefix(c.Code, "5"):
		return "a submit is not repeated: a task may have come of it; a status call is made again as long as it takes"
	default:
		return "the call is not repeated: it would be refused again"
	}
}

// attemptText says whether a failed task is worth a new one, which is paid for.
func attemptText(c catalog.Code) string {
	switch {
	case isStatus(c) || c.Source == "":
		return ""
	case c.Attempts < 0:
		return "a new, paid attempt can help; max_attempts bounds them"
	case c.Attempts == 1:
		return "one new, paid attempt can help"
	default:
		return "the same request would fail again, so none is bought by itself"
	}
}

// WriteCodesJSON writes the codes as a JSON array.
func WriteCodesJSON(w io.Writer, all []catalog.Code) error {
	type row struct {
		Code         string `json:"code"`
		Kind         string `json:"kind"`
		Reason       string `json:"reason,omitempty"`
		Meaning      string `json:"meaning"`
		Action       string `json:"action"`
		Repeats      int    `json:"repeats"`
		Attempts     int    `json:"attempts"`
		StopsSubmits bool   `json:"stops_submits"`
		Source       string `json:"source,omitempty"`
	}
	rows := make([]row, len(all))
	for i, c := range all {
		rows[i] = row{c.Code, codeKind(c), c.Reason, c.Meaning, c.Action, c.Repeats, c.Attempts, c.StopsSubmits, c.Source}
	}
	return WriteJSON(w, rows, "  ")
}

func codeKind(c catalog.Code) string {
	switch {
	case isStatus(c):
		return "status"
	case c.Source != "":
		return "fail_code"
	default:
		return "reason"
	}
}
