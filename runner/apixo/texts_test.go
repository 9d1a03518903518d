package apixo

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestMapTextsRewritesStringsAndNothingElse(t *testing.T) {
	for given, want := range map[string]string{
		`{"a": "x", "a":["x\"y", 1.50, null]}`: `{"<a>": "<x>", "<a>":["<x\"y>", 1.50, null]}`,
		`"\u0061\\"`:                           `"<a\\>"`,
		` 12 `:                                 ` 12 `,
		`"&"`:                                  `"<&>"`,
	} {
		if got := string(MapTexts([]byte(given), func(s string) string { return "<" + s + ">" })); got != want {
			t.Errorf("%s became %s, want %s", given, got, want)
		}
	}
}

func FuzzMapTexts(f *testing.F) {
	for _, seed := range []string{`{"a":"b\"\\"}`, `["\u00e9", 1e5, {"x":{}}]`, `"\ud800"`, `{"a":"\\\""}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return
		}
		got := MapTexts([]byte(text), func(s string) string { return s })
		var before, after any
		if json.Unmarshal([]byte(text), &before) != nil {
			return // numbers that no float holds
		}
		if err := json.Unmarshal(got, &after); err != nil || fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("%q became %q: %v", text, got, err)
		}
	})
}

// escaped writes each byte of an ASCII text as a JSON escape.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}

func TestATaskDoesNotEchoAKeyBehindEscapes(t *testing.T) {
	key := escaped(testKey)
	nested, _ := json.Marshal(fmt.Sprintf(`{"resultUrls":["https://x.example/%s.png"],"note":"%s"}`, key, key))
	body := fmt.Sprintf(`{"code":200,"data":{"taskId":"t","state":"success","failCode":"%s","failMsg":"%s","resultJson":%s}}`, key, key, nested)
	got := newClient(t, answering(200, body)).Status(t.Context(), "m", "t").Task
	if got == nil || len(got.URLs) != 1 {
		t.Fatalf("the task is %+v", got)
	}
	var raw any
	if err := json.Unmarshal(got.Raw, &raw); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(got.FailCode, got.FailMsg, got.URLs, raw); strings.Contains(text, testKey[3:]) || strings.Count(text, hidden) != 5 {
		t.Errorf("the task says %s", text)
	}
	for _, answer := range []string{fmt.Sprintf(`{"code":200,"data":"%s"}`, key), fmt.Sprintf(`{"code":200,"data":{"taskId":"%s"}}`, key)} {
		c := newClient(t, answering(200, answer))
		_, balance := c.Balance(t.Context())
		if text := fmt.Sprint(balance, c.Status(t.Context(), "m", "t").Err); strings.Contains(text, testKey[3:]) {
			t.Errorf("the errors are %s", text)
		}
	}
}

func TestABodyForALogHidesKeyAndInputsHoweverTheyAreWritten(t *testing.T) {
	const input = "the quiet word"
	hide := func(s string) string { return strings.ReplaceAll(s, input, hidden) }
	for _, form := range []func(string) string{
		func(s string) string { return s },
		escaped,
		func(s string) string { return escaped(s[:3]) + s[3:] },
	} {
		nested, _ := json.Marshal(fmt.Sprintf(`{"prompt":"%s","key":"%s"}`, form(input), form(testKey)))
		for _, body := range []string{
			fmt.Sprintf(`{"code":200,"message":"%s %s","data":{"resultJson":%s,"taskId":"t"}}`, form(input), form(testKey), nested),
			fmt.Sprintf(`{"code":200,"%s":1,"%s":2}`, form(input), form(testKey)),
			fmt.Sprintf(`{"code":200,"message":"%s %s"`, form(input), form(testKey)), // cut
			fmt.Sprintf("<html>%s %s", form(input), form(testKey)),
		} {
			answer := newClient(t, answering(200, body)).Status(t.Context(), "m", "t")
			got := answer.Body(hide)
			if strings.Contains(got, testKey) || strings.Contains(got, testKey[3:]) || strings.Contains(got, input[3:]) || strings.Contains(got, `\u00`) {
				t.Errorf("%s reads %s", body, got)
			}
			if strings.Contains(body, "taskId") && !strings.Contains(got, `"taskId":"t"`) {
				t.Errorf("%s lost its rest: %s", body, got)
			}
		}
	}
	page := newClient(t, answering(502, "<html>Bad gateway")).Status(t.Context(), "m", "t")
	if got := page.Body(nil); got != "<html>Bad gateway" {
		t.Errorf("a page reads %q", got)
	}
}
