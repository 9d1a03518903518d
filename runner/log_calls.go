package runner

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// submitOutcomes are what a log calls the verdicts on submits.
var submitOutcomes = [...]string{
	accepted: "submit accepted", unsent: "submit not sent", throttled: "submit refused", repeatable: "submit refused",
	refused: "submit refused", noFunds: "submit refused", badKey: "submit refused", badParameter: "submit refused", doubtful: "submit in doubt",
}

// logSubmit writes down a submit whose outcome is recorded. The log comes last: it
// may be slow, and what was paid for is not to wait for it.
func (r *run) logSubmit(ctx context.Context, j *job, began time.Time, a apixo.Answer, v verdict) {
	log, level, attempt := r.opts.Log, slog.LevelInfo, j.record.Attempt
	if v != accepted {
		level, attempt = slog.LevelWarn, attempt+1
	}
	if !log.Enabled(ctx, level) {
		return
	}
	hide := hiding{request: j.request.Redactor(), variables: r.secrets, whole: true, nonces: r.secretNonces(j.record.Nonce)}
	attrs := append(callAttrs("submit", j.record.Address, a.TaskID, j.action.Model()), slog.Int("attempt", attempt))
	if r.opts.CallbackURL == "" { // otherwise who knows the nonce can post to us
		attrs = append(attrs, slog.String("nonce", j.record.Nonce))
	}
	if v == unsent {
		attrs = append(attrs, slog.Bool("sent", false))
	}
	attrs = append(answerAttrs(attrs, a, hide), elapsedSince(began), slog.Any("input", shortInput(j.request.Input)))
	if log.Enabled(ctx, LevelTrace) {
		attrs = append(attrs, slog.String("request", requestBody(j)), slog.String("answer", answerBody(a, hide)))
	}
	log.LogAttrs(ctx, level, submitOutcomes[v], attrs...)
}

// requestBody is the body of the job's submit, but for the callback URL, which is
// nobody's to know. Where the request holds sensitive values, it is made from the
// input with their masks.
func requestBody(j *job) string {
	s := apixo.Submission{Provider: j.action.Instance.Provider, Input: j.body}
	if string(j.request.Body()) != string(j.request.Input) {
		s.Input = j.request.Input
	}
	body, err := s.Body()
	if err != nil {
		return err.Error()
	}
	return cut(string(body), maxBody)
}

// logStatus writes down a status call about the record's task, whose texts are
// hidden already.
func logStatus(ctx context.Context, log *slog.Logger, record *state.Record, began time.Time, a apixo.StatusAnswer, hide hiding) {
	level, message := slog.LevelDebug, "status"
	if a.Task == nil {
		message = "status failed"
		if ctx.Err() == nil { // otherwise it is we who did not wait
			level = slog.LevelWarn
		}
	}
	if !log.Enabled(ctx, level) {
		return
	}
	attrs := append(callAttrs("status", record.Address, record.TaskID, record.Request.Model), slog.Int("attempt", record.Attempt))
	attrs = answerAttrs(attrs, a.Answer, hide)
	if t := a.Task; t != nil {
		attrs = withText(attrs, "state", t.State)
		if hide.whole { // the event of a failure has them too
			attrs = withText(attrs, "fail_msg", t.FailMsg)
		}
	}
	attrs = append(attrs, elapsedSince(began))
	if log.Enabled(ctx, LevelTrace) {
		attrs = append(attrs, slog.String("answer", answerBody(a.Answer, hide)))
	}
	log.LogAttrs(ctx, level, message, attrs...)
}

// logBalance writes down a call for the balance.
func logBalance(ctx context.Context, log *slog.Logger, began time.Time, balance task.Cost, err error) {
	level, message := slog.LevelDebug, "balance"
	if err != nil {
		level, message = slog.LevelWarn, "balance failed"
	}
	if !log.Enabled(ctx, level) {
		return
	}
	attrs := callAttrs("balance", task.Address{}, "", "")
	var failed *apixo.AnswerError
	switch {
	case err == nil:
		attrs = append(attrs, slog.String("balance", balance.Decimal()))
	case errors.As(err, &failed):
		attrs = answerAttrs(attrs, failed.Answer, hiding{})
		if log.Enabled(ctx, LevelTrace) {
			attrs = append(attrs, slog.String("answer", answerBody(failed.Answer, hiding{whole: true})))
		}
	}
	log.LogAttrs(ctx, level, message, append(attrs, elapsedSince(began))...)
}

// logDownload writes down a request for a file. status is 0 if no answer came, and
// got is nil if nothing was saved.
func (r *run) logDownload(ctx context.Context, t target, began time.Time, status int, got *downloaded, err error) {
	level, message := slog.LevelDebug, "download"
	if err != nil && ctx.Err() == nil {
		level, message = slog.LevelWarn, "download failed"
	}
	log := r.opts.Log
	if !log.Enabled(ctx, level) {
		return
	}
	url := WithoutQueries(t.url)
	if log.Enabled(ctx, LevelTrace) {
		url = t.url
	}
	attrs := append(callAttrs("download", t.address, t.taskID, t.model), slog.String("url", cut(url, maxBody)))
	if status != 0 {
		attrs = append(attrs, slog.Int("http_status", status))
	}
	if err != nil {
		attrs = withText(attrs, "error", err.Error())
	}
	if got != nil {
		attrs = append(attrs, slog.Int64("bytes", got.bytes))
	}
	log.LogAttrs(ctx, level, message, append(attrs, elapsedSince(began))...)
}
