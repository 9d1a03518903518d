package simulator

// Manual is what a user has to know to make the simulator misbehave: the
// markers of a prompt and the faults text.
func Manual() string { return manual }

const manual = `MARKERS

A marker in a prompt says what becomes of that task. It is a part of the input
like any other text; prompts are searched, and preview_text, which is what
minimax-voice calls it. An unknown marker is refused with a 400 that names it.

  [sim:NAME]  [sim:NAME=VALUE]  [sim:NAME=VALUE,OPTION=VALUE,...]

What happens to the task:
  fail=CODE         it fails with the failCode: any of the API's, or one that
                    nobody knows; with message=TEXT the failMsg is that
  fail=, fail       it fails with an empty failCode, or without one
  latency=30s       it runs that long, divided by the speed like all latencies;
                    the speed is 8 with -simulate
  results=4         it has so many result files, 0 to 16; where the input says
                    max_images only those are billed
  noresult          it succeeds without resultJson
  result-object     resultJson is an object in place of a string
  tracks            the result is objects with audio_url and image_url, as
                    clients meet them with suno, in place of resultUrls
  no-cost-time      it succeeds without costTime
  type=webp         its files are gif, jpg or jpeg, mp3, mp4, png, wav or webp;
                    without it what output_format or format says, else the
                    default of the model, else png, mp4 or wav by its kind
  no-suffix         the URLs of its files end without .png or the like
  wrong-suffix      they end with the suffix of another type: .png of a JPEG
  whole-seconds     createTime and completeTime are whole seconds
  no-pending        it is never pending
  processing_r2     it spends its last fifth in that undocumented state
  upper-state       its states are in capital letters
  extra-keys        its answers have keys that no page documents

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
  cut-tail          all of it, then the connection ends before what was
                    announced
  twice             the answer two times, one behind the other
  late              the right answer, after 90 s
  slow=90s          the same, with your time
  trickle           the right answer in 16 drops, 20 s apart
  stall             half of the answer, nothing for 10 min, then the end
  garbage, empty    HTTP 200 with a body that is no JSON, or without one
  no-task-id        HTTP 200, code 200, data null

Answers about the task:
  status=500        on status calls: 400 to 599, html, html504, code404, portal,
                    redirect, drop, cut, cut-head, cut-anywhere, cut-tail, late,
                    trickle, stall, garbage, empty, twice, and
                    other-task     the failure of somebody else's task
                    odd-state      a state that nobody knows
                    earlier-state  the state before the right one
  file=404          on its result files: the same as on status calls, without
                    code404, twice, other-task, odd-state and earlier-state.
                    Besides:
                    wrong-type     the Content-Type of another type, such as
                                   image/png of a JPEG
                    octet-stream   Content-Type: application/octet-stream
                    no-type        no Content-Type
  webhook=lost      on the POST to its callback URL:
                    lost           it is never made
                    late           it comes 5 min later
                    swapped        it comes after that of a task that ended
                                   later, or 5 min later
                    twice          it comes again although it was taken

Options:
  times=2           only so often: the first so many submits of this input that
                    reach the marker; for what is accepted, the first so many
                    tasks of this input; for status and file, the first so many
                    calls for the task or the file. Without it: always
  retry-after=3     sends that header, seconds or any other text; with a status
                    or a page
  message=TEXT      in place of the usual message; for submits with an envelope,
                    and with fail
  failcode=CODE     data is {failCode, failMsg}; for submits with an envelope
  body=KIND         in place of the envelope or the page:
                    envelope       the API's
                    html           a proxy's page
                    error-key      {"code":..., "error":"the message"}
                    error-object   an envelope with data {"error": "message"}
                    empty          nothing
                    garbage        no JSON

Several markers may stand in one prompt. Of those about the submit the first
that still happens is done: "[sim:http=429,times=2][sim:fail=Timeout,times=1]"
is refused twice, then accepted and fails, then accepted and succeeds.

FAULTS

Faults strike at random, but equally for the same seed: what happens to a
submit depends on the seed, the model, the input, and how often that input was
submitted before, not on the order in which requests arrive.

  429=2%,500=1%,drop=0.5%,accepted504=0.5%,fail=3%,failcodes=NSFW|Timeout

  400 ... 599, code400 ... code599, html, html400 ... html599, portal, redirect,
  drop-unaccepted, drop, accepted500 ... accepted599, accepted504-envelope,
  accepted-portal, accepted-redirect, cut, cut-head, cut-anywhere, cut-tail,
  twice, late, trickle, stall, garbage, empty, no-task-id
                    what strikes a submit, named as in the markers
  status500, status-html, status-stall, status-other-task, ...
                    what strikes a status call: "status", or "status-", and the
                    name in the marker
  file404, file-html, file-stall, ...
                    what strikes the download of a result, likewise
  balance403, balance-html, balance-twice, ...
                    what strikes a balance call: as on status calls, but for the
                    last three
  webhook-lost, webhook-late, webhook-swapped, webhook-twice
                    what strikes the POST to a callback URL
  storm=5%          so many of the minutes refuse every call with a 429
  fail=3%           how many accepted tasks fail
  failcodes=A|B     with which codes; without it, refusals of content and
                    failures that pass, from both of the API's vocabularies
  fewer=20%         how many tasks with max_images have fewer results than that
  retry-after=3     the Retry-After of all 429 and 503 in this list: seconds, or
                    any other text without a comma

WEBHOOKS

A submit with request_type callback and a callback_url (https, or http on a
loopback address) has the end of its task posted there: the terminal status
answer, without a key or a signature. It is taken if HTTP 200 comes back within
30 s. Otherwise it is posted again after 30 s, 2 min and 10 min (divided by the
speed), then given up. Redirects are not followed. What is due when the
simulator ends is not posted.

PARAMETERS

How the parameters of an input are checked; what does not pass is refused with
400:
  any               nothing but that a prompt is there
  known             the values of those that the catalog knows: type, values,
                    bounds; numbers may come as text, words in any case. An
                    image_urls entry that is no URL fails with INVALID_IMAGE_URL
  strict            also unknown ones, those of another mode, lacking ones
                    without a default, a provider that no page has, and
                    another than the only one that works
A task that builds on another (Midjourney's taskId, grok-video's task_id) fails
with INVALID_TASK_ID unless that one has succeeded.

OTHER ADDRESSES

  /ledger           what was accepted and billed, one JSON object per line
  /stats            counts of requests and answers, as JSON
`
