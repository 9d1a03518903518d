//go:build unix

package apixo

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// childURL makes this test a process of its own that submits to the URL.
const childURL = "APIXO_TEST_SUBMIT_TO"

// A process that is stopped while it waits for an answer reads the answer when it
// goes on, however long its timeout is over. The only test here that takes real
// time: no bubble can stop a process.
func TestAnswerThatCameWhileTheProcessWasStoppedIsRead(t *testing.T) {
	if url := os.Getenv(childURL); url != "" {
		submitAndPrint(t, url)
		return
	}
	if testing.Short() {
		t.Skip("takes four seconds of real time")
	}
	arrived, answered := make(chan struct{}), make(chan struct{})
	stopped := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(arrived)
		<-stopped
		io.WriteString(w, `{"code":200,"data":{"taskId":"t1"}}`)
		http.NewResponseController(w).Flush()
		close(answered)
	}))
	defer server.Close()

	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), childURL+"="+server.URL)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill() })
	<-arrived
	if err := child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	close(stopped)
	<-answered
	time.Sleep(4 * time.Second) // beyond the child's timeout, and what a busy machine may be late
	if err := child.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	var told string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "task %s", &told); err == nil {
			break
		}
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
	if told != "t1" {
		t.Errorf("the child read task %q", told)
	}
}

func submitAndPrint(t *testing.T, url string) {
	c, err := New(Options{BaseURL: url, Key: mustKey(t, testKey), SubmitTimeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	a := c.Submit(t.Context(), "m", anInput)
	fmt.Printf("task %s (%v)\n", a.TaskID, a.Err)
}
