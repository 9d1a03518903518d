package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os/signal"
	"time"

	"github.com/urfave/cli/v3"

	"apixo-batch/runner/simulator"
	"apixo-batch/spec/task"
)

func simulatorCommand(p *program) *cli.Command {
	metadata := about(nil,
		"apixo-batch simulator",
		"apixo-batch simulator -listen=127.0.0.1:8080 -speed=10 -rate=600 -balance=5",
		"apixo-batch simulator -speed=100 -faults=429=5%,drop=1%,fail=3%")
	metadata[metaManual] = simulator.Manual()
	return &cli.Command{
		Name:  "simulator",
		Usage: "serves a simulation of the API on a local port",
		Description: "Serves a simulation of the API on a local port, with limits, faults and webhooks; any key is accepted.\n" +
			"Its first line on standard output is APIXO_BASE_URL=http://ADDRESS. Markers\n" +
			"and faults are explained at the end.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Value: "127.0.0.1:0", Usage: "listen on `HOST:PORT`; port 0 takes a free one"},
			&cli.Uint64Flag{Name: "seed", Value: simulatedSeed, Usage: "the `NUMBER` that decides every draw"},
			&cli.StringFlag{Name: "key", Usage: "accept only this `KEY`, made up for the simulation: others can read it in the list of processes; the default accepts any"},
			&cli.StringFlag{Name: "faults", Usage: "faults at random: a `TEXT` as FAULTS below explains"},
			&cli.StringFlag{Name: "balance", DefaultText: "1000", Usage: "the account's money in `USD`"},
			&cli.FloatFlag{Name: "speed", Value: 1, Usage: "run tasks `N` times as fast as the models do"},
			&cli.IntFlag{Name: "rate", DefaultText: "no limit", Usage: "accept `N` calls per minute, then answer 429"},
			&cli.IntFlag{Name: "concurrent", DefaultText: "no limit", Usage: "accept `N` tasks at a time, then answer 429"},
			&cli.IntFlag{Name: "retry-after", DefaultText: "not sent", Usage: "send Retry-After with those 429: so many `SECONDS`"},
			&cli.IntFlag{Name: "funds", Value: http.StatusPaymentRequired, Usage: "tell that the money is gone with this `STATUS`: 402, or 400 as one model's page has it"},
			&cli.DurationFlag{Name: "url-lifetime", Value: simulator.DefaultURLLifetime, Usage: "serve result files for a `TIME` after completion"},
			&cli.StringFlag{Name: "parameters", Value: "known", Usage: "check the parameters of inputs as `HOW` says: known, strict or any, see PARAMETERS below"},
			&cli.StringFlag{Name: "ledger", Usage: "write every accepted submit to a `FILE`, and go on from it"},
			&cli.BoolFlag{Name: "thumbnails", Usage: "make pictures of at most 128 pixels a side, which takes a ninth of the time, for many tasks"},
			&cli.BoolFlag{Name: "any-model", Usage: "accept models that the catalog does not know"},
		},
		Metadata: metadata,
		Action:   func(ctx context.Context, at *cli.Command) error { return p.simulator(ctx, at) },
	}
}

func (p *program) simulator(ctx context.Context, at *cli.Command) error {
	p.choose(false, at.Bool("no-color"), false)
	if err := noArgument(at); err != nil {
		return err
	}
	config, err := simulatorConfig(at)
	if err != nil {
		return err
	}
	sim, err := simulator.New(config)
	if err != nil {
		return fmt.Errorf("start the simulator: %w", err)
	}
	listener, err := listenLocally(at.String("listen"))
	if err != nil {
		return errors.Join(err, sim.Close())
	}
	ctx, stop := signal.NotifyContext(ctx, endings()...) // whoever has read the first line may end it
	defer stop()
	fmt.Fprintf(p.stdout, "%s=http://%s\n", baseURLVariable, listener.Addr())
	return errors.Join(serve(ctx, stop, listener, sim), sim.Close())
}

func simulatorConfig(at *cli.Command) (simulator.Config, error) {
	config := simulator.Config{
		Seed: at.Uint64("seed"), APIKey: at.String("key"), Speed: at.Float("speed"),
		LedgerFile: at.String("ledger"), AnyModel: at.Bool("any-model"), Thumbnails: at.Bool("thumbnails"),
		Limits:     simulator.Limits{RequestsPerMinute: at.Int("rate"), ConcurrentTasks: at.Int("concurrent")},
		RetryAfter: at.Int("retry-after"), FundsStatus: at.Int("funds"), URLLifetime: at.Duration("url-lifetime"),
	}
	for name, limit := range map[string]int{"rate": config.Limits.RequestsPerMinute, "concurrent": config.Limits.ConcurrentTasks} {
		if limit < 0 || limit == 0 && at.IsSet(name) {
			return config, fmt.Errorf("-%s=%d is not above zero; without it there is no limit", name, limit)
		}
	}
	if config.Speed <= 0 {
		return config, fmt.Errorf("-speed=%v is not above zero", config.Speed)
	}
	if at.IsSet("balance") {
		balance, err := task.ParseUSD(at.String("balance"))
		if err != nil {
			return config, fmt.Errorf("-balance: %w", err)
		}
		if config.Balance = int64(balance); config.Balance <= 0 {
			config.Balance = -1 // an empty account; 0 would be the default
		}
	}
	if config.URLLifetime <= 0 {
		return config, fmt.Errorf("-url-lifetime=%v is not above zero", config.URLLifetime)
	}
	var err error
	if config.Parameters, err = simulator.ParseParameters(at.String("parameters")); err != nil {
		return config, fmt.Errorf("-parameters: %w", err)
	}
	if config.Faults, err = simulator.ParseFaults(at.String("faults")); err != nil {
		return config, fmt.Errorf("-faults: %w", err)
	}
	return config, nil
}

// listenLocally refuses what the world could reach: the simulator has no
// business there, and clients send it a key.
func listenLocally(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-listen=%s is not HOST:PORT, such as 127.0.0.1:8080: %w", address, err)
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("-listen=%s is not a loopback address such as 127.0.0.1:8080", address)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-listen=%s: %w", address, err)
	}
	return listener, nil
}

// serve serves until a signal ends ctx, then lets open calls end. stop gives
// signals back their usual effect.
func serve(ctx context.Context, stop func(), listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 30 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stop() // a second signal ends the process at once
	ending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := server.Shutdown(ending)
	<-failed
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
