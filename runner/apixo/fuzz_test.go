package apixo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

func seed(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no samples", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(200, string(text), "7")
	}
	f.Add(429, `{"code":429.0,"error":{"message":"x"}}`, "Fri, 09 Jan 2026 13:33:30 GMT")
	f.Add(502, "<html>", "-1")
	f.Add(200, `{"data":{"data":{"taskId":"a"},"taskId":1e5,`, "")
	f.Add(500, `{"code":500,"data":{"taskId":7},"data":null}`, "")
	f.Add(200, "\ufeff{\"code\":1e308,\"message\":\"\xff\"}", "1e9")
}

func checkAnswer(t *testing.T, a Answer) {
	if len(a.TaskID) > maxTaskID || !utf8.ValidString(a.TaskID) {
		t.Errorf("task ID is no bounded text: %q", a.TaskID)
	}
	for name, text := range map[string]string{"message": a.Message, "fail code": a.FailCode} {
		if len(text) > maxText || !utf8.ValidString(text) {
			t.Errorf("%s is no bounded text: %q", name, text)
		}
	}
	if !a.Envelope && (a.Err == nil || a.Code != 0) {
		t.Errorf("no envelope, yet code %d and error %v", a.Code, a.Err)
	}
	if a.RetryAfter != 0 && (a.RetryAfter < minRetryAfter || a.RetryAfter > maxRetryAfter) {
		t.Errorf("Retry-After is %v", a.RetryAfter)
	}
	if a.Err != nil && a.Err.Error() == "" {
		t.Error("an error without words")
	}
}

func FuzzSubmitAnswer(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		a := newClient(t, answering(status, body, "Retry-After", after)).Submit(t.Context(), "m", anInput)
		checkAnswer(t, a)
		if a.Err == nil && a.Status() == 200 && a.TaskID == "" {
			t.Error("success without a task ID and without an error")
		}
	})
}

func FuzzStatusAnswer(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		a := newClient(t, answering(status, body, "Retry-After", after)).Status(t.Context(), "m", "task_12345678")
		checkAnswer(t, a.Answer)
		if (a.Task != nil) != (a.Err == nil && a.Answer.Status() == 200) {
			t.Errorf("task %v, status %d, error %v", a.Task, a.Answer.Status(), a.Err)
		}
		if a.Task == nil {
			return
		}
		if a.Task.Raw != nil && !json.Valid(a.Task.Raw) {
			t.Errorf("raw is no JSON: %q", a.Task.Raw)
		}
		if len(a.Task.URLs) > maxURLs || a.Task.TaskID != "task_12345678" {
			t.Errorf("%d URLs of task %q", len(a.Task.URLs), a.Task.TaskID)
		}
		for _, u := range a.Task.URLs {
			if u == "" || len(u) > maxURLLen {
				t.Errorf("URL %q", u)
			}
		}
	})
}
