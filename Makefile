# From Matrix to Llama: one Makefile for everything. `make help` lists what it
# can do. Chapters, tests and exercises are found by their file names, so a new
# one needs no change here.

SHELL := /bin/bash
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

# --- what to build with -----------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
BUILD ?= build

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla $(WERROR)
# OpenMP gives the threads, where the compiler has it.
OPENMP := $(shell echo 'int main(void) { return 0; }' | \
            $(CC) -fopenmp -x c - -o /dev/null 2>/dev/null && echo -fopenmp)
# Never -ffast-math: it breaks training. These two leave the results alone: no
# errno from sqrtf, and a * b + c in one rounding where the machine can.
BASE := -std=c11 -D_GNU_SOURCE -g -march=native -fno-math-errno \
        -ffp-contract=fast $(OPENMP) $(WARN) -I. -Ichapters -MMD -MP
FAST := -O3
SAN  := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
        -fno-sanitize-recover=all
# How long a thread that waits for the others spins, see common/cli.c.
export GOMP_SPINCOUNT ?= 1000
LIBS := -lcjson -lutf8proc -lz -lm

# --- what there is ----------------------------------------------------------

chapters := $(sort $(notdir $(wildcard chapters/[0-9][0-9]-*)))
# A file of these names is a program of its own; every other .c is a piece.
own      := %_test.c %/test.c %/main.c %_main.c
apart     = $(filter-out $(own),$(filter-out $(wildcard $1/bench_*.c $1/fuzz_*.c),$(wildcard $1/*.c)))
made     := $(patsubst data/tales/%.txt,$(BUILD)/made/tales_%.c,\
              $(wildcard data/tales/grammar.txt))
pieces   := $(foreach d,common data/tales $(chapters:%=chapters/%),$(call apart,$d)) \
            $(made)
programs := $(chapters:%=$(BUILD)/bin/%)
tests    := $(patsubst %.c,$(BUILD)/test/%,$(wildcard common/*_test.c) \
              $(wildcard chapters/*/test.c) $(wildcard chapters/*/*_test.c) \
              $(wildcard data/*/*_test.c))
tools    := $(BUILD)/bin/table $(patsubst data/%/main.c,$(BUILD)/bin/%,\
              $(wildcard data/*/main.c))
# The chapter whose number is $1: chapter_01 is 01-matrix.
$(foreach c,$(chapters),$(eval chapter_$(firstword $(subst -, ,$c)) := $c))

.PHONY: all
all: $(programs) $(tools) ## build every program

# --- how to build -----------------------------------------------------------

# When the flags change, everything is made again.
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@echo '$(CC) $(BASE) $(FAST) $(SAN)' | cmp -s - $@ || \
	    echo '$(CC) $(BASE) $(FAST) $(SAN)' > $@
.PHONY: force

$(BUILD)/fast/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(BASE) $(FAST) -c $< -o $@

$(BUILD)/san/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) "CC (sanitized)" $<
	$(Q)$(CC) $(BASE) $(SAN) -c $< -o $@

# Every piece of common and of the chapters in one archive: the linker takes
# from it what a program uses. (q and not r: two pieces may have one file name.)
$(BUILD)/fast/course.a: $(pieces:%.c=$(BUILD)/fast/%.o)
	$(Q)rm -f $@ && ar qcs $@ $^
$(BUILD)/san/course.a: $(pieces:%.c=$(BUILD)/san/%.o)
	$(Q)rm -f $@ && ar qcs $@ $^

$(BUILD)/bin/%: $(BUILD)/fast/chapters/%/main.o $(BUILD)/fast/course.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPENMP) $^ -o $@ $(LIBS)

$(BUILD)/bin/%: $(BUILD)/fast/common/%_main.o $(BUILD)/fast/course.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPENMP) $^ -o $@ $(LIBS)

$(BUILD)/bin/tales: $(BUILD)/fast/data/tales/main.o $(BUILD)/fast/course.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPENMP) $^ -o $@ $(LIBS)

# The grammar of the tales, line by line, as C.
$(BUILD)/made/tales_grammar.c: data/tales/grammar.txt
	@mkdir -p $(@D)
	$(Q)(echo 'extern const char *const tales_grammar_lines[];'; \
	    echo 'const char *const tales_grammar_lines[] = {'; \
	    sed 's/[\\"]/\\&/g; s/.*/    "&",/' $<; echo '    0};') > $@

# The text that the language models learn, and the text that tests them.
$(BUILD)/data/tales.txt: $(BUILD)/bin/tales
	@mkdir -p $(@D)
	$(Q)$< --stories 20000 --seed 1 > $@
$(BUILD)/data/tales-test.txt: $(BUILD)/bin/tales $(BUILD)/data/tales.txt
	$(Q)$< --stories 1000 --seed 2 --without $(BUILD)/data/tales.txt > $@

$(BUILD)/test/%: $(BUILD)/san/%.o $(BUILD)/san/course.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPENMP) -fsanitize=address,undefined $^ -o $@ -lcmocka $(LIBS)

-include $(shell find $(BUILD)/fast $(BUILD)/san $(BUILD)/fuzz \
             $(BUILD)/exercises -name '*.d' 2>/dev/null)
.SECONDARY:

# `make V=1` shows every command in full.
ifeq ($(V),1)
say := @true
else
Q   := @
say := @printf '%-15s %s\n'
endif

# --- using it ---------------------------------------------------------------

.PHONY: help
help: ## this list
	@echo 'make TARGET [TARGET ...]   (add -j2 to use two cores for building)'
	@echo
	@sed -n 's/^\([A-Za-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
	    awk -F'|' '{printf "  %-18s %s\n", $$1, $$2}'
	@echo
	@echo 'Chapters: $(chapters)'

.PHONY: setup
setup: ## install what is missing (Debian, Ubuntu), or say what to install
	@bash common/setup.sh

setup-WHAT: ## the same for WHAT: pdf, bench, ci
setup-%:
	@bash common/setup.sh $*

.PHONY: run
run: all ## run the quick form of every chapter and print a table
	@$(BUILD)/bin/table $(chapters)

run-NN: ## run chapter NN, whole; options in ARGS, for example ARGS=--help
# With MINE=1 the learner's pieces take the place of the course's: see below.
run-%:
	@$(if $(chapter_$*),,echo "there is no chapter $*: $(chapters)"; exit 2)
	@$(MAKE) --no-print-directory $(BUILD)/bin/$(chapter_$*)
	@$(if $(MINE),MINE='$(MINE)' $(exercises) run $(chapter_$*),\
	    $(BUILD)/bin/$(chapter_$*)) $(ARGS)

.PHONY: plots
plots: $(chapters:%=$(BUILD)/plots/%/made) ## draw the plots of every chapter into build/plots
	@printf '$(BUILD)/plots/%s\n' $(chapters)

# Made only with all pictures: without gnuplot they are tried again next time.
$(BUILD)/plots/%/made: $(BUILD)/bin/%
	@mkdir -p $(@D)
	$(say) PLOTS $*
	$(Q)$< --quick --plots $(@D) > /dev/null
	@for gp in $(@D)/*.gp; do [ -f $${gp%.gp}.svg ] || exit 0; done; touch $@

plots-NN: ## draw the plots of chapter NN from its full run
plots-%:
	@$(if $(chapter_$*),,echo "there is no chapter $*: $(chapters)"; exit 2)
	@$(MAKE) --no-print-directory $(BUILD)/bin/$(chapter_$*)
	@$(BUILD)/bin/$(chapter_$*) --plots $(BUILD)/plots/$(chapter_$*) $(ARGS)

# NAME counts only where it was given to make: some systems have it set.
given = $(if $(filter command,$(firstword $(origin $1))),$($1))

.PHONY: data
data: ## what real data there are; NAME=mnist or NAME=all brings them
	@bash data/fetch.sh $(call given,NAME)

.PHONY: test
test: $(tests) all ## run every test, under sanitizers
	@MAKE='$(MAKE)' bash common/run_tests.sh $(BUILD) $(tests) \
	    common/direction.sh $(wildcard common/*_test.sh data/*_test.sh) \
	    $(chapters:%=common/same_output.sh:%) \
	    exercises/tools/selftest.sh exercises/tools/proofs.sh book/test.sh

test-NN: ## run the tests of chapter NN
test-%:
	@$(if $(chapter_$*),,echo "there is no chapter $*: $(chapters)"; exit 2)
	@$(MAKE) --no-print-directory $(BUILD)/bin/$(chapter_$*) \
	    $(filter $(BUILD)/test/chapters/$(chapter_$*)/%,$(tests))
	@MAKE='$(MAKE)' bash common/run_tests.sh $(BUILD) \
	    $(filter $(BUILD)/test/chapters/$(chapter_$*)/%,$(tests)) \
	    common/same_output.sh:$(chapter_$*) \
	    $(patsubst exercises/%,exercises/tools/proofs.sh:%,$(wildcard \
	        exercises/$(chapter_$*)))

# --- exercises --------------------------------------------------------------
# Each is a file with a gap and a test; exercises/tools/lib.sh says which files
# there are and which versions of them: mine, stub and solution.

exercises = MAKE='$(MAKE)' BUILD='$(BUILD)' bash exercises/tools/exercises.sh
# Nobody's test needs so long; a loop without an end does.
EXERCISE_SECONDS ?= 20
export EXERCISE_SECONDS

.PHONY: exercises
exercises: ## list the exercises: title, time, state
	@$(exercises) list

exercise-NN-K: ## test your version of exercise K of chapter NN
exercise-%:
	@$(exercises) try $* || [ $$? -eq 1 ]

hint-NN-K: ## a hint for it, one more at each call; ALL=1 shows them all
hint-%:
	@ALL='$(call given,ALL)' $(exercises) hint $*

watch-NN-K: ## test it again whenever you save it
watch-%:
	@$(exercises) watch $*

reset-NN-K: ## begin it anew; your version is kept in build/backup
reset-%:
	@$(exercises) reset $*

.PHONY: test-exercises
test-exercises: ## test every exercise that you have begun
	@$(exercises) all

.PHONY: progress
progress: ## how far you are
	@$(exercises) progress

.PHONY: stubs
stubs: ## for authors: keep the exercises, as they are now, as their stubs
	@$(exercises) stubs

# What the compiler says, and the text it was given, are kept beside the object:
# the scripts read them.
compile = mkdir -p $(@D); rm -f $@; cp $< $@.from; $(CC) $(BASE) $(SAN) \
          -iquote exercises/$(notdir $(@D)) -x c -c $< -o $@ 2> $@.said
$(BUILD)/exercises/test/%.o: exercises/%_test.c $(BUILD)/flags
	$(Q)$(compile)
$(BUILD)/exercises/mine/%.o: exercises/%.c $(BUILD)/flags
	$(Q)$(compile)
$(BUILD)/exercises/stub/%.o: solutions/%.stub $(BUILD)/flags
	$(Q)$(compile)
$(BUILD)/exercises/solution/%.o: solutions/%.c $(BUILD)/flags
	$(Q)$(compile)

# An exercise may define a function of the library: the first one linked wins.
first := -Wl,--allow-multiple-definition
link_exercise = $(CC) $(OPENMP) -fsanitize=address,undefined $(first) $^ \
                -o $@ -lcmocka $(LIBS)
$(BUILD)/exercises/mine/%: $(BUILD)/exercises/mine/%.o \
        $(BUILD)/exercises/test/%.o $(BUILD)/san/course.a
	$(Q)$(link_exercise)
$(BUILD)/exercises/stub/%: $(BUILD)/exercises/stub/%.o \
        $(BUILD)/exercises/test/%.o $(BUILD)/san/course.a
	$(Q)$(link_exercise)
$(BUILD)/exercises/solution/%: $(BUILD)/exercises/solution/%.o \
        $(BUILD)/exercises/test/%.o $(BUILD)/san/course.a
	$(Q)$(link_exercise)
$(BUILD)/exercises/%.verdict: $(BUILD)/exercises/%
	$(Q)bash exercises/tools/grade.sh $< $(EXERCISE_SECONDS)

# A chapter's program with YOURS, objects of exercises, in front.
$(BUILD)/mine/%: $(BUILD)/fast/chapters/%/main.o $(BUILD)/fast/course.a force
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPENMP) $(first) $(YOURS) $(filter-out force,$^) -o $@ $(LIBS)

# --- fuzzing ----------------------------------------------------------------

SECONDS ?= 60
fuzzers := $(wildcard common/fuzz_*.c chapters/*/fuzz_*.c data/*/fuzz_*.c)
FUZZ    := -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all \
           -fsanitize=address,undefined

.PHONY: fuzz
fuzz: ## feed hostile input to every reader, SECONDS=60 for each (clang)
	@echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	    clang -fsanitize=fuzzer -x c - -o /dev/null 2> /dev/null || { \
	    echo 'make fuzz needs clang with libFuzzer (Debian:' \
	        'apt-get install clang libclang-rt-dev)'; exit 1; }
	@$(MAKE) --no-print-directory $(fuzzers:%.c=$(BUILD)/fuzz/%)
	@bash common/fuzz.sh $(BUILD) $(SECONDS) $(fuzzers:%.c=%)

$(BUILD)/fuzz/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) "CC (fuzzed)" $<
	$(Q)clang $(filter-out $(OPENMP),$(BASE)) $(FUZZ) \
	    -fsanitize=fuzzer-no-link -c $< -o $@

$(BUILD)/fuzz/course.a: $(pieces:%.c=$(BUILD)/fuzz/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^

$(fuzzers:%.c=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: $(BUILD)/fuzz/%.o \
    $(BUILD)/fuzz/course.a
	$(Q)clang $(FUZZ) -fsanitize=fuzzer $^ -o $@ $(LIBS)

# --- the book ----------------------------------------------------------------

# A page of book/ becomes a page of HTML, and, through pandoc's own form of a
# text, a part of the EPUB and of the PDF. What a page is made from (sources,
# outputs, plots) stands in the .d file that book/filter.lua writes beside it.
pages    := $(patsubst book/%.md,%,$(wildcard book/index.md) \
              $(wildcard book/preface.md) $(wildcard book/notation.md) \
              $(sort $(wildcard book/[0-9][0-9]-*.md)))
drawings := $(patsubst book/%.dot,$(BUILD)/book/%.svg,$(wildcard book/figures/*.dot))
drawn    := $(patsubst %,$(BUILD)/plots/%/made,$(filter $(chapters),$(pages)))
weave     = pandoc --from markdown-implicit_figures+gfm_auto_identifiers \
            --fail-if-warnings --lua-filter book/filter.lua -M page=$* -M build=$(BUILD)
volume   := $(BUILD)/book/from-matrix-to-llama

.PHONY: book pdf checked-pages
book: checked-pages $(volume).epub ## make the book: HTML and EPUB, into build/book
	@echo '$(volume).epub'

checked-pages: $(programs) $(pages:%=$(BUILD)/book/html/%.html) \
        $(BUILD)/book/html/style.css $(BUILD)/book/html/figures/mark.svg
	@bash book/check.sh $(BUILD)

pdf: $(volume).pdf ## make the book as a PDF (first: make setup-pdf)
	@echo '$<'

# The pages and their titles, in order. When they change, all is made again.
$(BUILD)/book/pages: force
	@mkdir -p $(@D)/html/figures $(@D)/epub $(@D)/latex $(@D)/figures
	@for p in $(pages); do \
	    printf '%s\t%s\n' $$p "$$(sed -n '1s/^# *//p' book/$$p.md)"; \
	done > $@.new
	@cmp -s $@.new $@ && rm $@.new || { rm -rf $(@D)/html $(@D)/*/*.json; \
	    mkdir -p $(@D)/html/figures; mv $@.new $@; }

$(BUILD)/book/html/%.html: book/%.md book/filter.lua book/page.html $(BUILD)/book/pages \
        | $(drawings) $(drawn)
	$(say) PAGE $<
	$(Q)$(weave) -M target=html --to html5 --template book/page.html $< -o $@

$(BUILD)/book/html/style.css: book/style.css $(BUILD)/book/pages
	@cp $< $@

$(BUILD)/book/html/figures/mark.svg: book/figures/mark.svg $(BUILD)/book/pages
	@cp $< $@

$(BUILD)/book/epub/%.json: book/%.md book/filter.lua $(BUILD)/book/pages | $(drawings) $(drawn)
	$(Q)$(weave) -M target=epub --to json $< -o $@

$(BUILD)/book/latex/%.json: book/%.md book/filter.lua $(BUILD)/book/pages | $(drawings) $(drawn)
	$(Q)$(weave) -M target=latex --to json $< -o $@

$(BUILD)/book/figures/%.svg: book/figures/%.dot
	@mkdir -p $(@D)
	$(Q)bash book/draw.sh $< > $@

$(BUILD)/book/cover.png: book/figures/cover.svg
	@mkdir -p $(@D)
	$(Q)rsvg-convert --width 1200 $< -o $@

$(volume).epub: $(pages:%=$(BUILD)/book/epub/%.json) book/epub.css book/about.yaml $(BUILD)/book/cover.png \
        | checked-pages
	$(say) EPUB $@
	$(Q)pandoc --from json --to epub3 --fail-if-warnings --css book/epub.css \
	    --highlight-style monochrome \
	    --epub-cover-image $(BUILD)/book/cover.png --metadata-file book/about.yaml \
	    $(filter %.json,$^) -o $@

$(volume).pdf: $(pages:%=$(BUILD)/book/latex/%.json) book/pdf.tex book/pdf.yaml \
        | checked-pages
	$(say) PDF $@
	$(Q)pandoc --from json --to latex --pdf-engine lualatex --fail-if-warnings \
	    --include-in-header book/pdf.tex --metadata-file book/pdf.yaml \
	    --top-level-division chapter --number-sections $(filter %.json,$^) -o $@

-include $(wildcard $(BUILD)/book/*/*.d)

# --- keeping it tidy --------------------------------------------------------

# Benchmarks compare with what is installed of the peers, and say what is not.
benches := $(patsubst %.c,$(BUILD)/bench/%,$(wildcard common/bench_*.c) \
             $(wildcard chapters/*/bench_*.c))
$(BUILD)/bench/%: $(BUILD)/fast/%.o $(BUILD)/fast/course.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(OPENMP) $^ -o $@ $(LIBS)

.PHONY: bench
bench: $(benches) ## measure speed against others; NAME=gemm for some rows
	@env -u GOMP_SPINCOUNT bash common/bench.sh $(BUILD) '$(call given,NAME)' $(benches)

.PHONY: format
format: ## lay out every C file by .clang-format
	@set -o pipefail; git ls-files -z '*.c' '*.h' | xargs -0r clang-format -i

.PHONY: lint
lint: ## check the layout of every C file
	@set -o pipefail; git ls-files -z '*.c' '*.h' | \
	    xargs -0r clang-format --dry-run -Werror

.PHONY: clean
clean: ## remove everything that was made, except backups of exercises
	@[ ! -d $(BUILD) ] || find $(BUILD) -mindepth 1 -maxdepth 1 \
	    ! -name backup -exec rm -rf {} +
