package simulator

// Manual is what a user has to know to make the simulator misbehave: the
// markers of a prompt and the faults text.
func Manual() string { return manual }

const manual = `MARKERS

A marker in a prompt says what becomes of that task. It is a part of the input
like any other text, and only prompts are searched. An unknown marker is
refused with a 400 that names it.

  [sim:NAME]  [sim:NAME=VALUE]  [sim:NAME=VALUE,OPTION=VALUE,...]

What happens to the task:
  fail=CODE         it fails with the failCode: any of the API's, or one that
                    nobody knows
  latency=30s       it runs that long (divided by the speed, like all latencies)
  results=4         it has so many result files, 0 to 16
  noresult          it succeeds without resultJson
  result-object     resultJson is an object in place of a string
  no-cost-time      it succeeds without costTime
  no-pending        it is never pending
  processing_r2     it spends its last fifth in that undocumented state

Submits that are refused; nothing is billed:
  http=503          the status, 400 to 599, in the API's envelope
  code=402          HTTP 200 with that code in the envelope
  html, html=503    a proxy's HTML page with status 502 or the given one
  portal            a page that wants a login, HTTP 200
  redirect          HTTP 307 to another host
  drop-unaccepted   no answer, the connection ends

Submits that are accepted and billed, though the answer does not say so:
  drop              no answer, the connection ends
  accepted504       a proxy's HTML page; also with 500 to 599
  accepted504-envelope  the same status in the API's envelope
  accepted-portal, accepted-redirect  as without "accepted-"
  cut               half of the answer, then the connection ends
  cut-head          status and headers only, then the connection ends
  cut-anywhere      the answer up to some byte, then the connection ends
  cut-tail          all of it, then the connection ends, though more was announced
  twice             the answer two times, one behind the other
  late              the right answer, after 90 s
  slow=90s          the same, with your time
  trickle           the right answer in 16 drops, 20 s apart
  stall             half of the answer, nothing for 10 min, then the connection ends
  garbage, empty    HTTP 200 with a body that is no JSON, or without one
  no-task-id        HTTP 200, code 200, data null

Answers about the task:
  status=500        on status calls: 400 to 599, html, html504, portal, redirect,
                    drop, cut, cut-head, cut-anywhere, cut-tail, late, trickle,
                    stall, garbage, empty, twice, and
                    other-task     the failure of somebody else's task
                    odd-state      a state that nobody knows
                    earlier-state  the state before the right one
  file=404          on its result files: the same as on status calls, but for
                    twice and the last three

Options:
  times=2           only so often: the first so many submits of this input that
                    reach the marker; for what is accepted, the first so many
                    tasks of this input; for status and file, the first so many
                    calls for the task or the file. Without it: always
  retry-after=3     sends that header, seconds or any other text; with a status
                    or a page
  message=TEXT      in place of the usual message; for submits with an envelope
  body=KIND         envelope, html, empty or garbage; with a status or a page

Several markers may stand in one prompt. Of those about the submit the first
that still happens is done: "[sim:http=429,times=2][sim:fail=Timeout,times=1]"
is refused twice, then accepted and fails, then accepted and succeeds.

FAULTS

Faults strike at random, but equally for the same seed: what happens to a
submit depends on the seed, the model, the input, and how often that input was
submitted before, not on the order in which requests arrive.

  429=2%,500=1%,drop=0.5%,accepted504=0.5%,fail=3%,failcodes=NSFW|Timeout

  400 ... 599, html, html400 ... html599, portal, redirect, drop-unaccepted,
  drop, accepted500 ... accepted599, accepted504-envelope, accepted-portal,
  accepted-redirect, cut, cut-head, cut-anywhere, cut-tail, twice, late, trickle,
  stall, garbage, empty, no-task-id
                    what strikes a submit, named as in the markers
  status500, status-html, status-stall, status-other-task, ...
                    what strikes a status call: "status", or "status-", and the
                    name in the marker
  file404, file-html, file-stall, ...
                    what strikes the download of a result, likewise
  storm=5%          so many of the minutes refuse every call with a 429
  fail=3%           how many accepted tasks fail
  failcodes=A|B     with which codes; without it, refusals of content and
                    failures that pass, from both of the API's vocabularies
  retry-after=3     the Retry-After of all 429 and 503 in this list: seconds, or
                    any other text without a comma

OTHER ADDRESSES

  /ledger           what was accepted and billed, one JSON object per line
  /stats            counts of requests and answers, as JSON
`
