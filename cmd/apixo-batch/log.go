package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/urfave/cli/v3"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/apixo"
)

const (
	logVariable     = "APIXO_LOG"
	logPathVariable = "APIXO_LOG_PATH"
)

// logSetting is what APIXO_LOG asks for.
type logSetting struct {
	level slog.Level
	json  bool
}

var logLevels = map[string]slog.Level{
	"trace": runner.LevelTrace, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// parseLog reads a level, json, or both with a comma between them, in capitals or
// not. json alone is at info. It returns nil if there is to be no log.
func parseLog(text string) (*logSetting, error) {
	setting, leveled, off := logSetting{level: slog.LevelInfo}, false, false
	for word := range strings.SplitSeq(strings.ToLower(text), ",") {
		word = strings.TrimSpace(word)
		level, known := logLevels[word]
		switch {
		case word == "json" && !setting.json:
			setting.json = true
		case known && !leveled:
			setting.level, leveled = level, true
		case word == "off" && !leveled:
			leveled, off = true, true
		default:
			return nil, fmt.Errorf("%s is %.100q: it takes trace, debug, info, warn, error or off, and json for JSON lines, as in json,debug", logVariable, text)
		}
	}
	if off {
		return nil, nil
	}
	return &setting, nil
}

// openLog begins the log that the environment asks for. APIXO_LOG_PATH counts from
// where the program was started, whatever -chdir says.
func (p *program) openLog(at *cli.Command) error {
	text := p.env(logVariable)
	if text == "" {
		return nil
	}
	setting, err := parseLog(text)
	if err != nil || setting == nil {
		return err
	}
	var lines io.Writer = logToStderr{p}
	if path := p.env(logPathVariable); path != "" {
		if lines, err = p.openLogFile(path, keptByFlags(at, at.String("chdir"))); err != nil {
			return fmt.Errorf("%s=%s: %w", logPathVariable, path, err)
		}
	}
	options := &slog.HandlerOptions{Level: setting.level, ReplaceAttr: p.lastLook()}
	if setting.json {
		p.log = slog.New(slog.NewJSONHandler(view.SafeJSON(lines), options))
	} else {
		p.log = slog.New(slog.NewTextHandler(lines, options))
	}
	p.log.Info("command started", "command", commandName(at), "version", version())
	return nil
}

// lastLook sees each attribute before it is written: wherever it comes from, the
// key is not in it.
func (p *program) lastLook() func([]string, slog.Attr) slog.Attr {
	key, _ := p.key() // a variable that is no key is refused by whatever needs one
	return func(_ []string, a slog.Attr) slog.Attr {
		switch value := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(key.Redact(value))
		case json.RawMessage:
			a.Value = slog.AnyValue(json.RawMessage(apixo.MapTexts(value, key.Redact)))
		case slog.Level:
			if value == runner.LevelTrace {
				a.Value = slog.StringValue("TRACE")
			}
		}
		if a.Value.Kind() == slog.KindTime {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}
}

// logEnd writes down how the command ended.
func (p *program) logEnd(code int, err error) {
	if p.log == nil {
		return
	}
	attrs := []any{"exit_code", code}
	var status *exitStatus
	if err != nil && !(errors.As(err, &status) && status.err == nil) {
		attrs = append(attrs, "error", runner.WithoutQueries(err.Error()))
	}
	p.log.Info("command ended", attrs...)
}

// logNotice writes down what is to be known of a state.
func (p *program) logNotice(notice string) {
	if p.log != nil {
		p.log.Warn("state notice", "notice", notice)
	}
}
