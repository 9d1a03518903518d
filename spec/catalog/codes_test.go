package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"apixo-batch/spec/task"
)

func TestEveryDocumentedStatusIsReadAsTheDocumentRecommendsButFor502(t *testing.T) {
	cases := []struct {
		status  int
		reason  task.Reason
		repeats int
		stops   bool
	}{
		{200, "", 0, false},
		{400, task.InvalidInput, 0, false},
		{401, task.Auth, 0, true},
		{402, task.InsufficientFunds, 0, true},
		{403, task.ContentPolicy, 0, false},
		{404, task.ModelUnavailable, 0, false},
		{429, task.RateLimited, -1, false},
		{500, task.ServerError, 3, false},
		{502, task.ServerError, 0, false}, // deviates from "treat as 503": a submit that a gateway passed on may be a task
		{503, task.ServerError, 3, false},
		{504, task.ServerError, 3, false},
	}
	for _, c := range cases {
		row, ok := Default().Status(c.status)
		got := fmt.Sprint(row.Reason, row.Repeats, row.Attempts, row.StopsSubmits)
		want := fmt.Sprint(c.reason, c.repeats, 0, c.stops)
		if !ok || got != want {
			t.Errorf("status %d: %s, want %s", c.status, got, want)
		}
	}
	if got := len(Default().statuses); got != len(cases) {
		t.Errorf("there are %d statuses, want %d", got, len(cases))
	}
	if _, ok := Default().Status(418); ok {
		t.Error("418 is documented nowhere")
	}
}

func TestEveryDocumentedFailCodeIsReadAsTheDocumentRecommends(t *testing.T) {
	cases := []struct {
		codes    string // separated by commas
		reason   task.Reason
		attempts int
		stops    bool
	}{
		{"SensitiveContent,SensitiveContentDetected,InputImageSensitiveContentDetected," +
			"InputOutputSensitiveContentDetected,outputimagesensitivecontentdetected,NSFW," +
			"ProhibitedContentDetected,CONTENT_VIOLATION,NSFW_DETECTED", task.ContentPolicy, 0, false},
		{"PromptLengthExceeded,PROMPT_TOO_LONG,PromptInvalid,INVALID_PROMPT,ImageFormatIncorrect," +
			"UNSUPPORTED_FORMAT,InvalidImageSize,Upload error,IMAGE_TOO_LARGE,INVALID_IMAGE_URL," +
			"INVALID_LORA_URL,INVALID_TASK_ID,BadRequest,MissingParameter", task.InvalidInput, 0, false},
		{"IMAGE_DOWNLOAD_FAILED", task.InvalidInput, 1, false},
		{"RateLimited,RateLimitExceeded", task.RateLimited, -1, false},
		{"InsufficientQuota,INSUFFICIENT_CREDITS", task.InsufficientFunds, 0, true},
		{"Timeout,Website TimeOut,PROCESSING_TIMEOUT", task.Timeout, -1, false},
		{"Task TimeOut", task.Timeout, 1, false},
		{"MODEL_UNAVAILABLE", task.ModelUnavailable, -1, false},
		{"GENERATION_FAILED", task.Unclassified, 1, false},
	}
	count := 0
	for _, c := range cases {
		for _, code := range strings.Split(c.codes, ",") {
			count++
			row, ok := Default().FailCode(code)
			got := fmt.Sprint(row.Code, row.Reason, row.Attempts, row.Repeats, row.StopsSubmits)
			want := fmt.Sprint(code, c.reason, c.attempts, 0, c.stops)
			if !ok || got != want {
				t.Errorf("fail code %q: %s, want %s", code, got, want)
			}
		}
	}
	if got := len(Default().failCodes); got != count || got != 34 {
		t.Errorf("there are %d fail codes, want the %d of the list", got, count)
	}
}

func TestEveryCodeIsExplained(t *testing.T) {
	for _, row := range Default().Codes() {
		if row.Meaning == "" || row.Action == "" || !strings.HasPrefix(row.Source, "API document, section ") {
			t.Errorf("code %s lacks a meaning, an action or a source: %+v", row.Code, row)
		}
		closed := slices.Contains(task.Reasons[:], task.Reason(row.Reason))
		if closed == (row.Code == "200") {
			t.Errorf("code %s has reason %q", row.Code, row.Reason)
		}
		_, err := strconv.Atoi(row.Code)
		if status := err == nil; status && row.Attempts != 0 || !status && row.Repeats != 0 {
			t.Errorf("code %s: repeats are for statuses, attempts for fail codes", row.Code)
		}
	}
	if got := len(Default().Codes()); got != 11+34 {
		t.Errorf("Codes lists %d rows, want 45", got)
	}
}

func TestEveryReasonIsExplained(t *testing.T) {
	reasons := Default().Reasons()
	for i, row := range reasons {
		if row.Meaning == "" || row.Action == "" || i >= len(task.Reasons) || task.Reason(row.Code) != task.Reasons[i] {
			t.Errorf("reason %d is %+v", i, row)
		}
	}
	if len(reasons) != len(task.Reasons) {
		t.Errorf("%d reasons are explained, of %d", len(reasons), len(task.Reasons))
	}
}

func TestFailCodesAreFolded(t *testing.T) {
	cases := map[string]string{
		"tasktimeout":               "Task TimeOut",
		"TASK_TIMEOUT":              "Task TimeOut",
		"task-time-out":             "Task TimeOut",
		"Processing Timeout":        "PROCESSING_TIMEOUT",
		"sensitive_content":         "SensitiveContent",
		"UPLOAD_ERROR":              "Upload error",
		" nsfw ":                    "NSFW",
		"timeout":                   "Timeout", // not one of the longer timeouts
		"":                          "",
		"-":                         "",
		"SensitiveContentDetected!": "",
		"429":                       "",
	}
	for code, want := range cases {
		if row, ok := Default().FailCode(code); row.Code != want || ok != (want != "") {
			t.Errorf("FailCode(%q) = %q, %v, want %q", code, row.Code, ok, want)
		}
	}
}

func TestSpeaksOfFunds(t *testing.T) {
	cases := map[string]bool{
		"Insufficient credits":                     true,
		"INSUFFICIENT_CREDITS":                     true,
		"Your balance is too low.":                 true,
		"Not enough credit, please top up":         true,
		"Quota exceeded":                           true,
		"insufficient-balance":                     true,
		"InsufficientQuota":                        true,
		"INSUFFICIENT_CREDITS: top up first":       true,
		"Error 400: balance not enough":            true,
		"Your account balance is insufficient":     true,
		"No credits left":                          true,
		"You have run out of credits":              true,
		"You do not have enough credits":           true,
		"Low balance":                              true,
		"credits have been used up":                true,
		"Please recharge your account":             true,
		"Payment required":                         true,
		"":                                         false,
		"Invalid request":                          false,
		"white_balance must not be empty":          false,
		"The balance of colours cannot be set":     false,
		"Prompt exceeds provider limit (max 2000)": false,
		"Image resolution too low":                 false,
		"parameter credit_line is not allowed":     false,

		"Invalid request: color balance out of range":       false,
		"The color balance is too low":                      false,
		"Not enough contrast, and the balance is off":       false,
		"low_balance is no parameter":                       false,
		"insufficient_credits_note is required":             false,
		"credits is required; balance must not be negative": false,
		"Prompt too long: character quota exceeded":         false,
		"A video with no credits cannot be extended":        false,
		"end credits need more than zero frames":            false,
	}
	for message, want := range cases {
		if got := SpeaksOfFunds(message); got != want {
			t.Errorf("SpeaksOfFunds(%q) = %v, want %v", message, got, want)
		}
	}
}
