package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
	"apixo-batch/runner/apixo"
	"apixo-batch/runner/simulator"
	"apixo-batch/spec"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

const (
	keyVariable     = "APIXO_API_KEY"
	baseURLVariable = "APIXO_BASE_URL"
)

// simulatedEndpoint is what the state of a simulated run calls its endpoint.
const simulatedEndpoint = "simulated"

// endpoint is where the tasks of a command go.
type endpoint struct {
	name string // as the state knows it
	// baseURL and from are set if the configuration names the base URL.
	baseURL, from string

	log   *slog.Logger      // nil without one
	api   *apixo.Client     // nil without a key
	files http.RoundTripper // fetches results
	close func() error
}

// errNoKey is why a command that calls the API cannot.
var errNoKey = fmt.Errorf("%s is not set: export the key from APIXO's dashboard", keyVariable)

// connect finds the API: the simulator inside this process, or the service that
// environment and configuration name. It makes no call.
func (p *program) connect(t view.Target, s *spec.Spec) (*endpoint, error) {
	if t.Simulated {
		return p.connectSimulator(t, s)
	}
	e := &endpoint{log: p.log, close: func() error { return nil }}
	base := p.env(baseURLVariable)
	if base == "" && s != nil && s.Settings.BaseURL != "" {
		base = s.Settings.BaseURL
		e.baseURL, e.from = base, fmt.Sprintf("%s, line %d", s.Settings.BaseURLFrom.Filename, s.Settings.BaseURLFrom.Start.Line)
	}
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	if e.name, err = apixo.Endpoint(base); err != nil {
		return nil, err
	}
	e.files = p.carrier(runner.FileTransport(loopback(base), http.ProxyFromEnvironment))
	if key.IsZero() {
		return e, nil
	}
	e.api, err = apixo.New(apixo.Options{
		BaseURL: base, Key: key, HTTP: p.carrier(apiTransport()), UserAgent: "apixo-batch/" + version(),
	})
	return e, err
}

// key reads the API key; it is zero if none is set.
func (p *program) key() (apixo.Secret, error) {
	text := p.env(keyVariable)
	if text == "" {
		return apixo.Secret{}, nil
	}
	key, err := apixo.ParseKey(text)
	if err != nil {
		return apixo.Secret{}, fmt.Errorf("%s: %w", keyVariable, err)
	}
	return key, nil
}

// balance asks what the key has left.
func (e *endpoint) balance(ctx context.Context) (*task.Cost, error) {
	if e.api == nil {
		return nil, errNoKey
	}
	balance, err := runner.ReadBalance(ctx, e.api, e.log)
	if err != nil {
		var answer *apixo.AnswerError
		if errors.As(err, &answer) && answer.Answer.Status() == http.StatusUnauthorized {
			return nil, fmt.Errorf("%w: %v", runner.ErrKeyRefused, err)
		}
		return nil, err
	}
	return &balance, nil
}

// The simulator inside the process runs fast, so that a rehearsal is short; the
// schedule of status calls is sped up alike. Its seed is fixed: another process
// must know the task IDs that an interrupted one was given.
const (
	simulatedSpeed = 8
	simulatedSeed  = 1
)

func (p *program) connectSimulator(t view.Target, s *spec.Spec) (*endpoint, error) {
	balance := int64(simulatedBalance(t))
	if balance <= 0 {
		balance = -1 // an empty account; 0 would be the default
	}
	sim, err := simulator.New(simulator.Config{
		Catalog: catalogOf(s), Seed: simulatedSeed, Speed: simulatedSpeed, AnyModel: true, Parameters: simulator.KnownParameters, Discreet: s != nil && len(s.Secrets()) > 0,
		Balance: balance, Prices: declaredPrices(s),
	})
	if err != nil {
		return nil, fmt.Errorf("start the simulator: %w", err)
	}
	local := simulator.Serve(sim)
	key, err := apixo.ParseKey("simulated")
	if err != nil {
		return nil, err
	}
	api, err := apixo.New(apixo.Options{BaseURL: simulatedBaseURL, Key: key, HTTP: p.carrier(local.Transport())})
	if err != nil {
		return nil, fmt.Errorf("reach the simulator: %w", err)
	}
	if s != nil {
		hurry(s.Instances)
	}
	return &endpoint{
		name: simulatedEndpoint, log: p.log, api: api, files: p.carrier(local.Transport()),
		close: func() error { return errors.Join(local.Close(), sim.Close()) },
	}, nil
}

// declaredPrices are those of the model blocks: the simulated account is charged
// what the plan says.
func declaredPrices(s *spec.Spec) map[string]catalog.Price {
	prices := make(map[string]catalog.Price)
	if s == nil {
		return prices
	}
	for id, settings := range s.Models {
		if settings.Price != nil {
			prices[id] = *settings.Price
		}
	}
	return prices
}

// simulatedBalance is what the account of a simulated state has left, which the
// simulator of this process did not see go: the last balance that was read of it,
// less what was submitted since. So the readings of all runs of a state are of one
// account, as those of a key are.
func simulatedBalance(t view.Target) task.Cost {
	left, since := task.Cost(simulator.DefaultBalance), time.Time{}
	path, err := statePath(t)
	if err != nil {
		return left // the command ends with it
	}
	contents, err := state.Read(path)
	if err != nil {
		return left // there is none yet, or the command ends with it
	}
	if n := len(contents.Readings); n > 0 {
		left, since = contents.Readings[n-1].Balance, contents.Readings[n-1].At
	}
	for _, s := range contents.Spends {
		if s.ReservedAt.After(since) {
			left -= s.Committed()
		}
	}
	return left
}

// simulatedBaseURL is a loopback address, because a client refuses plain http to
// any other; nothing ever connects to it.
const simulatedBaseURL = "http://127.0.0.1"

// hurry speeds the polling of instances up as the simulator's tasks are.
func hurry(instances []*spec.Instance) {
	for _, i := range instances {
		for _, d := range []*time.Duration{&i.Poll.First, &i.Poll.Interval, &i.Poll.MaxInterval, &i.Usual.Min, &i.Usual.Max} {
			*d /= simulatedSpeed
		}
	}
}

// loopback is the address that results may be fetched from although it is not a
// public one: the API's own, if that runs on this machine.
func loopback(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	if u.Hostname() == "localhost" {
		return net.JoinHostPort("127.0.0.1", u.Port())
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsLoopback() {
		return u.Host
	}
	return ""
}
