// Package catalog is what is known of the API: its models with their
// parameters, prices, timings and limits, and the meaning of every HTTP status
// and fail code.
//
//	models.json --+--> Default() --+                               +-- Schedule, GiveUp
//	a user's file +--> Parse() ----+-- Lookup, Suggest --> Model --+-- Estimate
//	codes.json  --+                |                               +-- Check, Example
//	a user's codes --> With() -----+-- Status, FailCode --> Code
//
// It is advice, not law. The API has no call that lists models or prices, the
// vendor's pages of different ages contradict each other, and both move. So
// nothing here forbids a request (Model.Check only doubts), every fact names its
// source and the month in which it was read, and a user's own price goes through
// the same code (Model.EstimateAt). Where sources contradict each other the data
// holds the higher figure and says what the others have; where none says
// anything there is no row and the estimate is not Known, which is not the same
// as free.
//
// A parameter that differs by mode, or by another parameter, has a row for each
// case; no two rows of one name are for the same input.
//
// A price per image, video or song is for each file. How many an input asks for
// stands in one of CountParams; what a task makes that asks for none is in the
// model's results, by mode where that differs, and one where there is no row.
//
// A number alone in a model block is the price of a task. Model.Unit is what to
// write instead where a task may be billed as several.
//
// The pages are told apart by age: "oldest" and "older" pages carry prices and
// old parameter names, "recent" ones are those whose error table the API
// document takes as its base, "newest" ones have no prices.
//
// To add a model or a price, edit models.json, or write the embedded catalog out
// (Write), edit that and read it in its place (Parse). A file adds models by their
// IDs; names that stand for an ID are the program's alone, since what was bought
// under one would be bought again under the other. To change how a status or a fail
// code is read, edit codes.json. That table is the only place where it is
// decided whether a call may be repeated by itself (Code.Repeats) and whether a
// failed task is worth another, paid attempt (Code.Attempts).
//
// The package imports nothing of ours, so that the runner, the language and the
// simulator can all rest on the same facts.
package catalog
