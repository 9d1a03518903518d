package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"apixo-batch/spec/catalog"
)

// checkValue checks one value. Numbers may come as text and words in any case:
// the pages do not agree with each other in either (API document, section 11,
// rows 17 and 18).
func (m model) checkValue(p catalog.Param, raw json.RawMessage) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	var err error
	switch p.Type {
	case "string":
		err = m.checkText(p, value)
	case "integer", "number":
		err = checkNumber(p, value)
	case "boolean":
		if _, ok := value.(bool); !ok {
			err = errors.New("must be true or false")
		}
	default:
		err = checkList(p, value)
	}
	if err == nil && len(p.Enum) > 0 && !slices.ContainsFunc(p.Enum, func(e any) bool { return sameWord(e, value) }) {
		err = fmt.Errorf("must be one of %s", words(p.Enum))
	}
	var limit promptLimit
	if err == nil || errors.As(err, &limit) {
		return err
	}
	return fmt.Errorf("%s %w", p.Name, err)
}

// promptLimit is the refusal of a prompt that is too long, in the words of the
// API document, section 10.
type promptLimit int

func (n promptLimit) Error() string {
	return fmt.Sprintf("Prompt exceeds provider limit (max %d chars)", int(n))
}

func (m model) checkText(p catalog.Param, value any) error {
	text, ok := value.(string)
	if !ok {
		return errors.New("must be a string")
	}
	if utf8.RuneCountInString(text) < p.MinRunes {
		return fmt.Errorf("must have at least %d characters", p.MinRunes)
	}
	if p.MaxRunes == 0 || utf8.RuneCountInString(text) <= p.MaxRunes {
		return nil
	}
	switch {
	case p.Name != "prompt":
		return fmt.Errorf("must have at most %d characters", p.MaxRunes)
	case m.cutsPrompt():
		return nil
	}
	return promptLimit(p.MaxRunes)
}

// cutsPrompt: Wan's image models cut a long prompt and say nothing (API document,
// section 11, row 21).
func (m model) cutsPrompt() bool { return m.kind == catalog.Image && strings.HasPrefix(m.id, "wan-") }

func checkNumber(p catalog.Param, value any) error {
	n, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	if _, isBool := value.(bool); err != nil || isBool || math.IsNaN(n) || math.IsInf(n, 0) {
		return errors.New("must be a number")
	}
	switch {
	case p.Type == "integer" && n != math.Trunc(n):
		return errors.New("must be a whole number")
	case p.Min != nil && n < *p.Min:
		return fmt.Errorf("must be at least %v", *p.Min)
	case p.Max != nil && n > *p.Max:
		return fmt.Errorf("must be at most %v", *p.Max)
	}
	return nil
}

func checkList(p catalog.Param, value any) error {
	list, ok := value.([]any)
	if !ok {
		return errors.New("must be an array")
	}
	if p.MaxItems > 0 && len(list) > p.MaxItems {
		return fmt.Errorf("must have at most %d items", p.MaxItems)
	}
	if len(list) < p.MinItems {
		return fmt.Errorf("must have at least %d items", p.MinItems)
	}
	for _, item := range list {
		_, isText := item.(string)
		_, isObject := item.(map[string]any)
		if p.Type == "string[]" && !isText || p.Type == "object[]" && !isObject {
			return fmt.Errorf("must be an array of %ss", strings.TrimSuffix(p.Type, "[]"))
		}
	}
	return nil
}

// sameWord compares a value of an enumeration with one of an input.
func sameWord(a, b any) bool {
	x, y := fmt.Sprint(a), fmt.Sprint(b)
	m, errX := strconv.ParseFloat(x, 64)
	n, errY := strconv.ParseFloat(y, 64)
	return strings.EqualFold(x, y) || errX == nil && errY == nil && m == n
}

func words(values []any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ", ")
}
