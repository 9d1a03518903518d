// Submits one task, polls it, prints the URLs of its results, and downloads them:
//
//   APIXO_BASE_URL=http://127.0.0.1:8080 APIXO_API_KEY=key node fetch.mjs 'a pier' DIRECTORY
//
// It knows the API from its documentation and nothing of apixo-batch.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const base = process.env.APIXO_BASE_URL.replace(/\/+$/, "") + "/api/v1";
const headers = { Authorization: `Bearer ${process.env.APIXO_API_KEY}` };
const [prompt, directory] = process.argv.slice(2);
const model = "nano-banana";

const sleep = (seconds) => new Promise((wake) => setTimeout(wake, seconds * 1000));

// call repeats what the documentation says to repeat: 429, 500, 503 and 504.
async function call(url, options) {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(url, options);
    const answer = await response.json();
    if (response.status === 200 && answer.code === 200) return answer.data;
    if (![429, 500, 503, 504].includes(answer.code) || attempt === 10) {
      throw new Error(`${answer.code}: ${answer.message}`);
    }
    await sleep(Number(response.headers.get("Retry-After")) || Math.min(0.1 * 2 ** attempt, 4));
  }
}

const { taskId } = await call(`${base}/generateTask/${model}`, {
  method: "POST",
  headers: { ...headers, "Content-Type": "application/json" },
  body: JSON.stringify({ request_type: "async", input: { mode: "text-to-image", prompt, aspect_ratio: "16:9" } }),
});

let task;
do {
  await sleep(0.05);
  task = await call(`${base}/statusTask/${model}?taskId=${encodeURIComponent(taskId)}`, { headers });
} while (task.state === "pending" || task.state === "processing");

if (task.state !== "success") {
  console.error(`${task.failCode}: ${task.failMsg}`);
  process.exit(3);
}
for (const [index, url] of JSON.parse(task.resultJson).resultUrls.entries()) {
  console.log(url);
  const file = await fetch(url);
  if (!file.ok) throw new Error(`${url}: HTTP ${file.status}`);
  await writeFile(join(directory, `${index}${url.slice(url.lastIndexOf("."))}`), Buffer.from(await file.arrayBuffer()));
}
