package simulator

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"apixo-batch/spec/catalog"
)

func TestTaskIDCarriesTheWholeTask(t *testing.T) {
	j := exampleJob()
	j.failure = failure{code: "Task TimeOut", message: failMessage("Task TimeOut")}
	j.flags = flagR2 | flagNoCostTime
	j.status = fault{shape: envelope, status: 429, times: 3, retryAfter: "60"}
	j.file = fault{shape: cut, status: 200}
	got, err := jobOf(j.taskID(9), 9)
	if err != nil {
		t.Fatal(err)
	}
	j.inputHash = j.inputHash[:jobHashBytes]
	if fmt.Sprint(got) != fmt.Sprint(j) {
		t.Errorf("\n%+v\n%+v", got, j)
	}
}

// What a state of an earlier version holds is still answered for.
func TestTaskIDsOfEarlierVersionsAreKnown(t *testing.T) {
	const earlier = "sim_OTsYI5QKbAECAAH72MGijDTgXegHBIAEoAIBAAAwMTIzNDU2NwtuYW5vLWJhbmFuYQxUYXNrIFRpbWVPdXQwYSBsaWdodGhvdXNlIGF0IGR1c2ssIHdhdGVyY29sb3VyLCBsb25nIGV4cG9zdXJl"
	j, err := jobOf(earlier, 9)
	if err != nil || j.failure.code != "Task TimeOut" || j.failure.message != failMessage("Task TimeOut") || j.flags != flagR2 {
		t.Fatalf("%+v, %v", j, err)
	}
	if j.taskID(9) != earlier {
		t.Error("the same job has another ID now")
	}
}

func TestTaskIDHoldsHowAFailureLacksItsCause(t *testing.T) {
	for _, f := range []failure{
		{lack: noCode}, {lack: noCode, message: "a message alone"}, {lack: emptyCode, message: failMessage("")},
		{code: "NSFW", message: "in other words"}, {code: "model.error/é <b>", message: failMessage("x")},
	} {
		j := exampleJob()
		j.failure, j.flags = f, flagNoSuffix|flagSeconds|flagR2
		got, err := jobOf(j.taskID(1), 1)
		if err != nil || got.failure != f || got.flags != j.flags || !got.failed() {
			t.Errorf("%+v became %+v, %v", f, got.failure, err)
		}
	}
}

func TestTaskIDFitsInItsBounds(t *testing.T) {
	j := exampleJob()
	j.model, j.words = strings.Repeat("m", maxJobModel), strings.Repeat("é", 1000)
	j.failure.code, j.failure.message = strings.Repeat("F", maxFailCode), strings.Repeat("m", maxFailMessage)
	j.flags = allFlags
	j.duration, j.pending, j.results, j.number = maxJobDuration, maxJobDuration, maxResults, 1<<40
	j.status = fault{shape: envelope, status: 599, times: maxTimes, retryAfter: strings.Repeat("9", maxRetryAfter)}
	j.file = j.status
	id := j.taskID(1)
	if len(id) > maxTaskID {
		t.Errorf("%d characters", len(id))
	}
	got, err := jobOf(id, 1)
	if err != nil || got.words != strings.Repeat("é", maxJobWords/2) {
		t.Errorf("%v: words %q", err, got.words)
	}
	for _, m := range catalog.Default().Models() {
		if len(m.ID) > maxJobModel {
			t.Errorf("model %s does not fit", m.ID)
		}
	}
}

func TestShortenedTaskIDsDiffer(t *testing.T) {
	const characters = 8 // of the whole, prefix included
	seen := map[string]bool{}
	for n := range 100 {
		j := exampleJob()
		j.number = n
		seen[j.taskID(1)[:characters]] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100", len(seen))
	}
}

func TestForgedTaskIDsAreRefused(t *testing.T) {
	j := exampleJob()
	id := j.taskID(1)
	for i := range len(id) {
		for _, c := range "A9_" {
			forged := id[:i] + string(c) + id[i+1:]
			if _, err := jobOf(forged, 1); err == nil && forged != id {
				t.Fatalf("%s is accepted", forged)
			}
		}
		if _, err := jobOf(id[:i], 1); err == nil {
			t.Fatalf("%d characters are accepted", i)
		}
	}
	if _, err := jobOf(id, 2); err == nil {
		t.Error("another seed's ID is accepted")
	}
	if _, err := jobOf(id+"A", 1); err == nil {
		t.Error("a longer ID is accepted")
	}
}

func TestADiscreetSimulatorKeepsPromptsOutOfTaskIDs(t *testing.T) {
	for _, discreet := range []bool{false, true} {
		s, err := New(Config{Discreet: discreet})
		if err != nil {
			t.Fatal(err)
		}
		local := Serve(s)
		body := `{"request_type":"async","input":{"mode":"text-to-image","prompt":"quiet word","aspect_ratio":"1:1"}}`
		r, err := http.NewRequest("POST", "http://127.0.0.1/api/v1/generateTask/nano-banana", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer key")
		r.Header.Set("Content-Type", "application/json")
		answer, err := local.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		accepted := s.Ledger()
		if len(accepted) != 1 {
			t.Fatalf("status %d, %d accepted", answer.StatusCode, len(accepted))
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(accepted[0].TaskID, taskIDPrefix))
		if err != nil || bytes.Contains(payload, []byte("quiet")) == discreet {
			t.Errorf("discreet %v: the task ID holds %q (%v)", discreet, payload, err)
		}
		local.Close()
		s.Close()
	}
}

// FuzzTaskID signs any payload, so that the decoder behind the checksum is
// reached, too.
func FuzzTaskID(f *testing.F) {
	f.Add(exampleJob().encode())
	f.Add([]byte{taskIDVersion, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > 200 {
			return
		}
		id := taskIDPrefix + base64.RawURLEncoding.EncodeToString(append(checksum(1, payload), payload...))
		if j, err := jobOf(id, 1); err == nil {
			j.state(time.Now())
			j.status200(id, j.completed(), localURL)
			if len(j.taskID(1)) > maxTaskID {
				t.Error("decoded to more than it was")
			}
		}
		jobOf(string(payload), 1)
		ResultFile(id, 0)
	})
}
