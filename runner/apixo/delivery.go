package apixo

// MaxDelivery bounds the body of a webhook's delivery. The largest honest one, the
// end of a task with many files, is a few kilobytes.
const MaxDelivery = 256 << 10

// maxDeliveredID bounds the task ID of a delivery. What the API gives out has some
// tens of characters, and anybody who knows the URL can post.
const maxDeliveredID = 4 << 10

// DeliveredTaskID reads the ID of the task out of the body of a delivery, which
// has the shape of a status answer (API document, section 6). It is empty if there
// is none, and opaque text of any characters, at most 4 KiB, otherwise. Nothing in a
// delivery is proved: it carries no signature.
func DeliveredTaskID(body []byte) string {
	var a Answer
	if readEnvelope(&a, body); len(a.TaskID) > maxDeliveredID {
		return ""
	}
	return a.TaskID
}
