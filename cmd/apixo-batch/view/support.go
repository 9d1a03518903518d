package view

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"apixo-batch/state"
)

// WriteSupport writes what is known of an instance for APIXO's support: the task
// ID or that there is none, code, message, times in UTC, and the parameters as
// the state has them, with sensitive values masked.
func WriteSupport(w io.Writer, r state.Record, version string) error {
	out := bufio.NewWriter(w)
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(out, "%-12s %s\n", label+":", CleanLine(text))
		}
	}
	line("Task ID", orNone(r.TaskID))
	line("Model", r.Request.Model)
	line("Status", strings.ReplaceAll(string(r.Status), "_", " "))
	if f := r.Failure; f != nil {
		line("Code", orNone(f.Code))
		line("Message", orNone(f.Message))
	}
	if d := r.Doubt; d != nil {
		line("Doubt", d.Cause)
		line("HTTP status", number(d.HTTPStatus))
	}
	line("Submitted", utc(r.SubmittedAt))
	line("Accepted", utc(r.AcceptedAt))
	line("Finished", utc(r.FinishedAt))
	line("Client", "apixo-batch "+version)
	line("Instance", r.Address.String())
	for _, past := range r.Past {
		text := orNone(past.TaskID) + ", submitted " + utc(past.SubmittedAt)
		if past.Failure != nil {
			text += ", " + past.Failure.Code + " " + past.Failure.Message
		}
		line("Earlier", text)
	}
	fmt.Fprintf(out, "Parameters:\n%s\n", parameters(r.Request.Input))
	return out.Flush()
}

// parameters indents the input, and makes each line safe to show.
func parameters(input json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, input, "  ", "  ") != nil {
		return "  " + CleanLine(string(input))
	}
	return "  " + cleanLines(b.String())
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
