package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"apixo-batch/spec/task"
)

// The vendor's pages contradict each other. The API document, section 11, numbers
// the contradictions and recommends a reading of each; these are the ones about
// statuses and codes, names and times. The others are beside Check and Estimate.

// A 502 is an exception: it is documented for another service, so that a submit
// which got one may have been accepted.
func TestContradiction1StatusesThatMayBeRepeated(t *testing.T) {
	for status, repeats := range map[int]int{429: -1, 500: 3, 502: 0, 503: 3, 504: 3, 400: 0, 401: 0, 402: 0, 403: 0, 404: 0} {
		if row, _ := Default().Status(status); row.Repeats != repeats {
			t.Errorf("%d may be repeated %d times, want %d", status, row.Repeats, repeats)
		}
	}
}

func TestContradiction2CallsAndTasksAreRepeatedByDifferentRules(t *testing.T) {
	for _, row := range Default().Codes() {
		_, isStatus := Default().FailCode(row.Code)
		if isStatus = !isStatus; isStatus && row.Attempts != 0 || !isStatus && row.Repeats != 0 {
			t.Errorf("%s has the rule of the other class: %+v", row.Code, row)
		}
	}
	for _, code := range []string{"RateLimited", "Timeout", "Website TimeOut"} {
		if row, _ := Default().FailCode(code); row.Attempts == 0 {
			t.Errorf("%s is not worth another attempt", code)
		}
	}
}

func TestContradiction4EverySpellingOfNoFundsIsOneClass(t *testing.T) {
	rows := make([]Code, 3)
	rows[0], _ = Default().Status(402)
	rows[1], _ = Default().FailCode("InsufficientQuota")
	rows[2], _ = Default().FailCode("INSUFFICIENT_CREDITS")
	for _, row := range rows {
		if row.Reason != string(task.InsufficientFunds) || !row.StopsSubmits || row.Repeats+row.Attempts != 0 {
			t.Errorf("%+v", row)
		}
	}
	if !SpeaksOfFunds("Insufficient credits") {
		t.Error("a 400 that speaks of credits is not told")
	}
}

func TestContradiction5A403IsNeitherRepeatedNorTheEnd(t *testing.T) {
	row, _ := Default().Status(403)
	if row.Repeats != 0 || row.StopsSubmits || !strings.Contains(row.Meaning, "permission") || !strings.Contains(row.Meaning, "policy") {
		t.Errorf("%+v", row)
	}
}

func TestContradictions6And7EverySpellingOfACodeIsOneCode(t *testing.T) {
	for _, row := range Default().Codes() {
		if _, isFailCode := Default().FailCode(row.Code); !isFailCode {
			continue
		}
		for _, spelling := range []string{strings.ToUpper(row.Code), strings.ToLower(row.Code), strings.ReplaceAll(row.Code, " ", "_"), strings.ReplaceAll(row.Code, "_", " "), strings.ReplaceAll(row.Code, "_", "-")} {
			if got, _ := Default().FailCode(spelling); got != row {
				t.Errorf("%q is read as %+v", spelling, got)
			}
		}
	}
}

func TestContradiction8ATaskTimeOutIsWorthOneNewTask(t *testing.T) {
	if row, _ := Default().FailCode("Task TimeOut"); row.Attempts != 1 {
		t.Errorf("%+v", row)
	}
}

func TestContradiction9AFlaggedInputIsNotBoughtAgainUnchanged(t *testing.T) {
	if row, _ := Default().FailCode("InputOutputSensitiveContentDetected"); row.Attempts != 0 {
		t.Errorf("%+v", row)
	}
}

func TestContradiction16OldNamesOfModelsAreAliases(t *testing.T) {
	for name, id := range map[string]string{"flux2": "flux-2", "flux-2": "flux-2", "wan-2-5": "wan-2-5", "wan-2-5-video": "wan-2-5-video", "wan-2-6": "wan-2-6-video", "sora2": "sora-2", "ImageUpscaler": "image-upscaler"} {
		if m, ok := Default().Lookup(name); !ok || m.ID != id {
			t.Errorf("%s is read as %v", name, m)
		}
	}
}

func TestContradiction23SlowImagesAreWaitedFor(t *testing.T) {
	m, _ := Default().Lookup("gpt-image-2")
	if m.GiveUp() <= 4*time.Minute {
		t.Errorf("given up after %v, and 4k takes up to 4 minutes", m.GiveUp())
	}
}

// Every status and fail code that the API document names (sections 9 and 10),
// typed from it again.
func TestTheTableHasEveryCodeThatTheDocumentNames(t *testing.T) {
	const named = `200 400 401 402 403 404 429 500 502 503 504
		SensitiveContent SensitiveContentDetected InputImageSensitiveContentDetected
		InputOutputSensitiveContentDetected outputimagesensitivecontentdetected NSFW
		ProhibitedContentDetected CONTENT_VIOLATION NSFW_DETECTED PromptLengthExceeded
		PROMPT_TOO_LONG PromptInvalid INVALID_PROMPT ImageFormatIncorrect UNSUPPORTED_FORMAT
		InvalidImageSize Upload_error IMAGE_TOO_LARGE INVALID_IMAGE_URL IMAGE_DOWNLOAD_FAILED
		INVALID_LORA_URL INVALID_TASK_ID BadRequest MissingParameter RateLimited
		RateLimitExceeded InsufficientQuota INSUFFICIENT_CREDITS Timeout Task_TimeOut
		Website_TimeOut PROCESSING_TIMEOUT MODEL_UNAVAILABLE GENERATION_FAILED`
	spaced := strings.NewReplacer("Upload_error", "Upload error", "Task_TimeOut", "Task TimeOut", "Website_TimeOut", "Website TimeOut")
	want := strings.Fields(named)
	for i, code := range want {
		want[i] = spaced.Replace(code)
	}
	var got []string
	for _, row := range Default().Codes() {
		got = append(got, row.Code)
	}
	if len(want) != 45 || !slices.Equal(got, want) {
		t.Errorf("the table has %q, want %q", got, want)
	}
}
