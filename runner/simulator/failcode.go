package simulator

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// failure is the failCode and failMsg of a failed task.
type failure struct {
	code, message string
	lack          lack
	times         int // for the first so many accepted tasks of an input; 0 for all
}

// lack is how a failed task says nothing of its cause (API document, section 10,
// last row). The numbers are part of task IDs.
type lack byte

const (
	nothing   lack = iota
	emptyCode      // failCode is ""
	noCode         // there is neither failCode nor, unless a marker gives one, failMsg
	lastLack  = noCode
)

// happens reports whether it is a failure at all.
func (f failure) happens() bool { return f.code != "" || f.lack != nothing }

// data adds the failure to the data of a status answer.
func (f failure) data(data map[string]any) {
	if f.lack != noCode {
		data["failCode"] = f.code
	}
	if f.lack != noCode || f.message != "" {
		data["failMsg"] = f.message
	}
}

// usualMessage is the failMsg that goes with a failure unless a marker gives one.
func (f failure) usualMessage() string {
	if f.lack == noCode || !f.happens() {
		return ""
	}
	return failMessage(f.code)
}

// failCodes are the documented ones of both vocabularies with a text for each
// (API document, section 10). The texts of four are quoted there; the others
// are ours.
var failCodes = []failure{
	{code: "SensitiveContent", message: "Content violates usage policy"},
	{code: "SensitiveContentDetected", message: "Your content was flagged by OpenAI as violating content policies."},
	{code: "InputImageSensitiveContentDetected", message: "The input image was flagged as sensitive."},
	{code: "InputOutputSensitiveContentDetected", message: "The input or the output was flagged as sensitive."},
	{code: "outputimagesensitivecontentdetected", message: "The output image was flagged as sensitive."},
	{code: "NSFW", message: "NSFW, Try different input please."},
	{code: "ProhibitedContentDetected", message: "Prohibited content was detected."},
	{code: "CONTENT_VIOLATION", message: "Content violates usage policy"},
	{code: "NSFW_DETECTED", message: "NSFW content was detected."},
	{code: "PromptLengthExceeded", message: "Prompt exceeds provider limit (max 2000 chars)"},
	{code: "PROMPT_TOO_LONG", message: "Prompt exceeds provider limit (max 2000 chars)"},
	{code: "PromptInvalid", message: "The prompt was rejected."},
	{code: "INVALID_PROMPT", message: "The prompt is empty or malformed."},
	{code: "ImageFormatIncorrect", message: "Image format is incorrect"},
	{code: "UNSUPPORTED_FORMAT", message: "The image format is not supported."},
	{code: "InvalidImageSize", message: "The image has dimensions that are not supported."},
	{code: "Upload error", message: "The image is over 10 MB."},
	{code: "IMAGE_TOO_LARGE", message: "The image is over 10 MB."},
	{code: "INVALID_IMAGE_URL", message: "The image URL cannot be fetched."},
	{code: "IMAGE_DOWNLOAD_FAILED", message: "The download of the image failed."},
	{code: "INVALID_LORA_URL", message: "The LoRA cannot be fetched."},
	{code: "INVALID_TASK_ID", message: "The earlier task is unknown."},
	{code: "BadRequest", message: "A parameter is missing."},
	{code: "MissingParameter", message: "A parameter is missing."},
	{code: "RateLimited", message: "The provider is limiting requests, please retry later."},
	{code: "RateLimitExceeded", message: "The rate limit was exceeded, please retry later."},
	{code: "InsufficientQuota", message: "The quota is used up."},
	{code: "INSUFFICIENT_CREDITS", message: "Insufficient credits"},
	{code: "Timeout", message: "The provider gave no answer in time."},
	{code: "Task TimeOut", message: "The task has expired and the generation failed."},
	{code: "Website TimeOut", message: "The upstream site did not answer after several tries."},
	{code: "PROCESSING_TIMEOUT", message: "Processing took too long."},
	{code: "MODEL_UNAVAILABLE", message: "The model is offline for now."},
	{code: "GENERATION_FAILED", message: "The generation failed."},
}

// usualFailures are drawn from when the faults name none: refusals of content
// and failures that pass, in both vocabularies.
var usualFailures = []string{"SensitiveContent", "NSFW", "CONTENT_VIOLATION", "Timeout", "RateLimited", "PROCESSING_TIMEOUT"}

// maxFailCode and maxFailMessage keep task IDs short; in bytes.
const (
	maxFailCode    = 48
	maxFailMessage = 64
)

// newFailure is a failure with any code: one that is not documented is what a
// client has to live with, too.
func newFailure(code string) (failure, error) {
	if code == "" || len(code) > maxFailCode || !printable(code) {
		return failure{}, fmt.Errorf("fail code %.60q: want 1 to %d bytes of characters that can be printed", code, maxFailCode)
	}
	return failure{code: code, message: failMessage(code)}, nil
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// failMessage is the failMsg that goes with a code.
func failMessage(code string) string {
	for _, f := range failCodes {
		if f.code == code {
			return f.message
		}
	}
	return "Task failed."
}
