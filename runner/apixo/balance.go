package apixo

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"strconv"
)

// Balance asks for the money left for the key, in micro-dollars (API document,
// section 5). A fraction of a micro-dollar is cut off downwards. Where an
// answer came that was not a balance, the error is an *AnswerError.
func (c *Client) Balance(ctx context.Context) (micros int64, err error) {
	answer, payload := c.get(ctx, "apikeys/current-balance", func(payload json.RawMessage) bool {
		_, err := parseBalance(payload)
		return err == nil
	})
	if answer.Err == nil && answer.Status() == http.StatusOK {
		micros, answer.Err = parseBalance(payload)
	}
	if answer.Err != nil || answer.Status() != http.StatusOK {
		return 0, &AnswerError{Call: "read the balance", Answer: answer}
	}
	return micros, nil
}

// AnswerError is a call that did not bring what it was made for.
type AnswerError struct {
	Call   string // what was to be done: "read the balance"
	Answer Answer
}

func (e *AnswerError) Error() string {
	if e.Answer.Err != nil {
		return fmt.Sprintf("%s: %v", e.Call, e.Answer.Err)
	}
	return fmt.Sprintf("%s: the API answered %d: %q", e.Call, e.Answer.Status(), e.Answer.Message)
}

// Unwrap returns the answer's own error, nil if the API refused in clear words.
func (e *AnswerError) Unwrap() error { return e.Answer.Err }

// maxUSD is far above any balance and far below what overflows micro-dollars.
const maxUSD = 1e12

// parseBalance reads dollars: a bare number, also one in quotes. Money does not
// pass through a binary fraction.
func parseBalance(payload json.RawMessage) (micros int64, err error) {
	text := literalText(payload)
	size, err := strconv.ParseFloat(text, 64)
	if err != nil || len(text) > 64 || !(math.Abs(size) < maxUSD) {
		return 0, fmt.Errorf("the balance is not an amount in dollars: %.100q", payload)
	}
	if math.Abs(size) < 1e-9 {
		return 0, nil // no use in working out 1e-999999999
	}
	usd, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, fmt.Errorf("the balance is not an amount in dollars: %.100q", payload)
	}
	usd.Mul(usd, big.NewRat(1e6, 1))
	return new(big.Int).Div(usd.Num(), usd.Denom()).Int64(), nil // Div rounds down
}
