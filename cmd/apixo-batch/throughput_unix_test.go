//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"apixo-batch/runner/apixo"
	"apixo-batch/runner/simulator"
	"apixo-batch/state/disk"
)

// BenchmarkThroughput measures apply, which writes every step down, beside a plain
// client that keeps nothing, over sockets and with the same simulator, whose
// tasks take no time and make no files: what is left is the price of the state.
// It asserts that there are no more than 64 connections, and no other figure: see
// testdata/benchmarks.txt for those that were reached.
//
//	x-plain     tasks a second, as a part of the plain client's; goal 0.5
//	cpu-ms/task of this process; the simulator has its own; goal 0.3
//	fsyncs/task of the state; goal 0.1
//	connections most at a time, to the API
//
// The learned pace begins at 50 calls a second and takes a good second to be out of
// the way, whatever the number of tasks.
func BenchmarkThroughput(b *testing.B) {
	for _, n := range []int{5_000, 20_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			base := simulatorProcess(b, "-speed=1e9", "-balance=1000000")
			var plain, ours measure
			for b.Loop() {
				plain.add(func() { plainClient(b, base, n) })
				ours.add(func() { ours.syncs += applyWithoutFiles(b, base, n, 100) })
			}
			tasks := float64(n * b.N)
			b.ReportMetric(tasks/ours.wall.Seconds(), "tasks/s")
			b.ReportMetric(plain.wall.Seconds()/ours.wall.Seconds(), "x-plain")
			b.ReportMetric(ours.cpu.Seconds()*1e3/tasks, "cpu-ms/task")
			b.ReportMetric(plain.cpu.Seconds()*1e3/tasks, "plain-cpu-ms/task")
			b.ReportMetric(float64(ours.syncs)/tasks, "fsyncs/task")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkMemory is the most memory of an apply, a process of its own, and its
// connections: tasks that wait for their turn or for the API need none. It asserts
// nothing. The goals are 65 MB with 1,000 of 10,000 in flight, 500 MB for 100,000 that
// all end, and 64 connections; testdata/benchmarks.txt says what was reached.
func BenchmarkMemory(b *testing.B) {
	for _, c := range []struct {
		tasks, parallelism int
		latency            time.Duration
	}{{10_000, 10, 0}, {10_000, 1000, 2 * time.Second}, {100_000, 100, 0}} {
		b.Run(fmt.Sprintf("%d-of-%d", c.parallelism, c.tasks), func(b *testing.B) {
			for b.Loop() {
				sim, server, connections := filelessServer(b, c.latency)
				dir := b.TempDir()
				writeBatch(b, dir, c.tasks)
				cmd := command(b, dir, server.URL, "apply", "-auto-approve", fmt.Sprintf("-parallelism=%d", c.parallelism), "jobs.hcl")
				cmd.Env = append(cmd.Env, "XDG_STATE_HOME="+dir)
				most := measured(b, cmd)
				began := time.Now()
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %.2000s", err, out)
				}
				used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				b.ReportMetric(float64(c.tasks)/time.Since(began).Seconds(), "tasks/s")
				b.ReportMetric(used.Seconds()*1e3/float64(c.tasks), "cpu-ms/task")
				b.ReportMetric(most(), "most-MB")
				b.ReportMetric(float64(sim.Stats().MaxRunning), "in-flight")
				b.ReportMetric(float64(connections.most.Load()), "connections")
				b.ReportMetric(0, "ns/op")
				server.Close()
				sim.Close()
			}
		})
	}
}

// filelessServer serves a simulator whose results have no files.
func filelessServer(b *testing.B, latency time.Duration) (*simulator.Simulator, *httptest.Server, *counter) {
	sim, err := simulator.New(simulator.Config{Balance: 1e12, Latency: &simulator.Latency{Min: latency, Max: latency}})
	if err != nil {
		b.Fatal(err)
	}
	local := simulator.Serve(sim)
	b.Cleanup(func() { local.Close() })
	connections := new(counter)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Scheme, r.URL.Host, r.RequestURI = "http", "simulator", ""
		resp, err := fileless{local.Transport()}.RoundTrip(r)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer resp.Body.Close()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			connections.add(1)
		case http.StateClosed, http.StateHijacked:
			connections.add(-1)
		}
	}
	server.Start()
	b.Cleanup(server.Close)
	return sim, server, connections
}

// counter counts up and down, and keeps the most that there was.
type counter struct{ now, most atomic.Int64 }

func (c *counter) add(n int64) {
	now := c.now.Add(n)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
}

// measure sums up what something took.
type measure struct {
	wall, cpu time.Duration
	syncs     int64
}

func (m *measure) add(work func()) {
	began, used := time.Now(), cpuTime()
	work()
	m.wall += time.Since(began)
	m.cpu += cpuTime() - used
}

// applyWithoutFiles applies n tasks in this process, and returns how often the
// disk was asked to make something durable.
func applyWithoutFiles(b *testing.B, base string, n, parallelism int) (syncs int64) {
	dir := b.TempDir()
	writeBatch(b, dir, n)
	counting := &countingDisk{FS: disk.OS}
	dials := new(counter)
	p := newProgram()
	p.stdout, p.stderr = &output{to: io.Discard}, io.Discard
	p.disk = counting
	p.carrier = func(t http.RoundTripper) http.RoundTripper { return fileless{counted(t, dials)} }
	p.env = func(name string) string {
		return map[string]string{baseURLVariable: base, keyVariable: "sk-benchmark", "XDG_STATE_HOME": dir}[name]
	}
	code := p.execute([]string{"apixo-batch", "apply", "-auto-approve", fmt.Sprintf("-parallelism=%d", parallelism), filepath.Join(dir, "jobs.hcl")})
	if code != exitDone {
		b.Fatalf("apply ended with %d", code)
	}
	if dials.most.Load() > 64 {
		b.Errorf("%d connections at a time", dials.most.Load())
	}
	b.ReportMetric(float64(dials.most.Load()), "connections")
	return counting.syncs.Load()
}

// writeBatch writes a configuration of n tasks from a table. Polls are quick,
// because tasks are.
func writeBatch(b *testing.B, dir string, n int) {
	var rows strings.Builder
	rows.WriteString("id,prompt\n")
	for i := range n {
		fmt.Fprintf(&rows, "row%d,\"a harbour at dawn, number %d, with boats\"\n", i, i)
	}
	config := `
task "hero" {
  for_each = csvdecode(file("rows.csv"))
  key      = each.value.id
  model    = "nano-banana"
  input = {
    mode         = "text-to-image"
    prompt       = "${each.value.prompt}, noir"
    aspect_ratio = "16:9"
  }
  poll {
    first    = "1ms"
    interval = "100ms"
  }
}
`
	err := errors.Join(
		os.WriteFile(filepath.Join(dir, "rows.csv"), []byte(rows.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "jobs.hcl"), []byte(config), 0o600))
	if err != nil {
		b.Fatal(err)
	}
}

// plainClient submits n tasks and polls each to its end, 100 at a time, as a
// short script would: no state, no pace, no retries.
func plainClient(b *testing.B, base string, n int) {
	transport := apixo.DefaultTransport()
	transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = 100, 100
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: fileless{transport}}
	numbers := make(chan int)
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			for i := range numbers {
				if err := plainTask(client, base, i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	group.Wait()
}

func plainTask(client *http.Client, base string, i int) error {
	body := fmt.Sprintf(`{"request_type":"async","input":{"mode":"text-to-image","prompt":"a harbour at dusk, number %d, with boats, noir","aspect_ratio":"16:9"}}`, i)
	type answer struct {
		Code int
		Data struct{ TaskID, State, ResultJSON string }
	}
	call := func(method, url, body string) (a answer, err error) {
		req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
		if err != nil {
			return a, err
		}
		req.Header.Set("Authorization", "Bearer sk-benchmark")
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			return a, err
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
			return a, err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return a, err
	}
	submitted, err := call("POST", base+"/api/v1/generateTask/nano-banana", body)
	if err != nil || submitted.Code != 200 {
		return fmt.Errorf("submit: %d, %w", submitted.Code, err)
	}
	for {
		a, err := call("GET", base+"/api/v1/statusTask/nano-banana?taskId="+submitted.Data.TaskID, "")
		if err != nil || a.Data.State == "success" {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// fileless makes results of the simulator into such as have no file, but the
// identifier of a voice.
type fileless struct{ http.RoundTripper }

func (f fileless) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := f.RoundTripper.RoundTrip(req)
	if err != nil || !strings.Contains(req.URL.Path, "statusTask") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	body = bytes.Replace(body, []byte("resultUrls"), []byte("voice_id"), 1)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

// counted counts the connections of a transport.
func counted(t http.RoundTripper, open *counter) http.RoundTripper {
	transport, ok := t.(*http.Transport)
	if !ok {
		return t
	}
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		open.add(1)
		return &countedConn{Conn: conn, open: open}, nil
	}
	return transport
}

type countedConn struct {
	net.Conn
	open *counter
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.add(-1) })
	return c.Conn.Close()
}

// countingDisk counts what is asked to be made durable.
type countingDisk struct {
	disk.FS
	syncs atomic.Int64
}

func (d *countingDisk) OpenFile(name string, flag int, perm os.FileMode) (disk.File, error) {
	f, err := d.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return countingFile{f, &d.syncs}, nil
}

type countingFile struct {
	disk.File
	syncs *atomic.Int64
}

func (f countingFile) Sync() error     { f.syncs.Add(1); return f.File.Sync() }
func (f countingFile) SyncData() error { f.syncs.Add(1); return f.File.SyncData() }
