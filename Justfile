# The front door to every task. `npx just` lists them.

export PATH := justfile_directory() / "node_modules/.bin" + ":" + env("PATH")

set dotenv-load := true
set positional-arguments := true

# List the tasks
default:
    @just --list --unsorted

# Install what the project needs (npm packages only), and say what is missing
setup:
    npm ci
    node cli/bin.js doctor

# Render examples/welcome.yaml on this machine: everything it needs is started, and stopped afterwards
demo *args:
    @node cli/bin.js demo "$@"

# Start a private instance on this machine and keep it running (data in .framecast/)
dev *args: studio
    @node cli/bin.js up "$@"

# Build the studio (web/) for the server, unless it is up to date
studio *args:
    @node tools/build-studio.ts "$@"

# Run the whole test suite, or the given test files
test *args: studio
    @node test/support/run.ts tap run "$@"

# The same, counting which lines ran; slower, since every process counts
coverage *args:
    @node test/support/run.ts tap run --no-disable-coverage "$@"

# Run the tests in a real browser only
test-e2e *args: studio
    @node test/support/run.ts tap run test/e2e "$@"

# Take pictures of every page of the studio into a folder (default out/studio)
studio-pictures folder='out/studio': studio
    @mkdir -p "{{folder}}"
    @SCREENSHOT_DIR="{{folder}}" node test/support/run.ts tap run test/e2e/studio-pages.test.ts

# Format, lint, types, dead code, unused dependencies, docs held to code
check:
    biome check --error-on-warnings .
    tsc
    tsc -p server/watch
    tsc -p web
    knip
    node tools/generate-types.ts --check
    node tools/generate-api-types.ts --check
    node tools/generate-config-docs.ts --check

# Format the code and bring generated files up to date
fmt:
    biome check --write .
    node tools/generate-types.ts
    node tools/generate-api-types.ts
    node tools/generate-config-docs.ts

# Bring the database and the bucket to this release
migrate:
    node migrations/main.ts up

# Take the newest migration back (`--all`: every one)
migrate-down *args:
    node migrations/main.ts down "$@"

# Make the local operator and a key for it
seed:
    @node cli/bin.js admin seed

# Make the sounds that come with Framecast, where they are missing or outdated (`--dry-run`: only look)
seed-assets *args:
    @node cli/bin.js admin assets seed "$@"

# Make an API key of the operator, or of --email ADDRESS
generate-api-key *args:
    @node cli/bin.js admin key create "$@"

# Delete finished jobs that are older than --older-than (default 30d)
cleanup-jobs *args:
    @node cli/bin.js admin jobs cleanup "$@"

# Build the container images (needs a Docker engine)
build tag="framecast:dev":
    @docker info >/dev/null 2>&1 || { echo "No Docker engine answers here: start one, or build on a machine that has one." >&2; exit 1; }
    docker build --tag {{ tag }} .
    docker build --tag {{ tag }}-comfyui comfyui

# Show the logs: of the compose services when they run here, else of the private instance
logs *args:
    @node tools/logs.ts "$@"

# Run the benchmarks, or the given one
bench *args:
    @node bench/run.ts "$@"

# Break a whole installation at random, and check that every promise is kept (`--seed N --runs M`)
chaos *args:
    @node test/faults/chaos/main.ts "$@"

# Print the OpenAPI document of the HTTP API
openapi:
    @node server/openapi/main.ts

# Remove what tasks leave behind: private instance, test data, films in out/
clean:
    @node tools/clean.ts
