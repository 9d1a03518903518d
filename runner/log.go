package runner

import (
	"encoding/json"
	"log/slog"
	"math"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/task"
)

// LevelTrace is the level at which a log holds the bodies of requests and
// answers, and URLs whole.
const LevelTrace = slog.LevelDebug - 4

// NoTaskID stands where there is no task ID, in the words of APIXO's support.
const NoTaskID = "none"

// logOr is the log, or one that holds nothing.
func logOr(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// callAttrs are what an entry about a call begins with.
func callAttrs(call string, a task.Address, taskID, model string) []slog.Attr {
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs, slog.String("call", call))
	if a != (task.Address{}) {
		attrs = append(attrs, slog.String("address", a.String()))
	}
	attrs = append(attrs, slog.String("task_id", orNone(taskID)))
	return withText(attrs, "model", model)
}

func answerAttrs(attrs []slog.Attr, a apixo.Answer, hide hiding) []slog.Attr {
	if a.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("http_status", a.HTTPStatus))
	}
	if a.Envelope {
		attrs = append(attrs, slog.Int("code", a.Code))
	}
	attrs = withText(attrs, "message", hide.text(a.Message))
	attrs = withText(attrs, "fail_code", hide.text(a.FailCode))
	if a.RetryAfter > 0 {
		attrs = append(attrs, slog.Float64("retry_after_seconds", seconds(a.RetryAfter)))
	}
	if a.Err != nil {
		attrs = withText(attrs, "error", hide.text(a.Err.Error()))
	}
	return attrs
}

func answerBody(a apixo.Answer, hide hiding) string {
	body, shown := hide.body(a)
	if !shown {
		return "(not shown: what is sensitive in this request is not known any more)"
	}
	return cut(body, maxBody)
}

// withText adds a text from outside, unless it is empty.
func withText(attrs []slog.Attr, key, text string) []slog.Attr {
	if text == "" {
		return attrs
	}
	return append(attrs, slog.String(key, cut(WithoutQueries(text), maxText)))
}

func orNone(taskID string) string {
	if taskID == "" {
		return NoTaskID
	}
	return cut(taskID, maxText)
}

func elapsedSince(began time.Time) slog.Attr {
	return slog.Float64("elapsed_seconds", seconds(time.Since(began)))
}

// seconds is a duration to the millisecond.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

// shortInput is the input of a request for an entry: its long values cut, and all
// of it where there are too many.
func shortInput(input json.RawMessage) any {
	if !json.Valid(input) {
		return cut(string(input), maxText)
	}
	short := apixo.MapTexts(input, func(text string) string { return cut(WithoutQueries(text), maxText) })
	if len(short) > maxInput {
		return cut(string(short), maxInput)
	}
	return json.RawMessage(short)
}
