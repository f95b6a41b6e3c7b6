-- The weaver of the book: turns a page of book/*.md into what HTML, EPUB or
-- PDF need, and fetches listings, outputs and plots from where they are made,
-- so that nothing in the book can differ from what is tested.
--
-- The one idea: a paragraph that is only a link with a title is a request.
--
--   [Caption](../chapters/01-matrix/ladder.c "def: NAME NAME")
--       the whole definitions of these functions, types, macros or tables,
--       with the comment directly above each; found without marks
--   [Caption](../chapters/01-matrix/ladder.c "part: NAME")
--       the lines between "// [NAME" and "// NAME]" ("#" in shell and make)
--   [Caption](../chapters/01-matrix/expected.txt "output")     all lines
--   [Caption](../chapters/01-matrix/expected.txt "output: 3-17 20")
--   [Caption](../chapters/01-matrix/main.c "plot: NAME")
--       build/plots/01-matrix/NAME.svg, drawn by the chapter's program
--   [Caption](. "chapters")
--       the map of the chapters that exist
--
-- On a code host the same paragraph is an ordinary link to the file. What
-- cannot be found stops the build with one line that names page and name.
--
-- It is called once for each page, with -M page=NAME, -M target=html (or epub
-- or latex) and -M build=DIR. It also writes two files into DIR/book/TARGET:
-- PAGE.d, what the page was made from, for make; and PAGE.found, the commands,
-- marks and figures it mentions, for book/check.sh.

local page, target, build
local chapter   -- the number of the chapter, or nil
local reads = {} -- files this page was made from; a set
local found = {} -- lines of PAGE.found
local equations = 0 -- numbered ones seen

local function fail(format, ...)
    io.stderr:write("book/", page, ".md: ", string.format(format, ...), "\n")
    os.exit(1)
end

local function note(...)
    found[#found + 1] = table.concat({ ... }, "\t")
end

-- --- files ------------------------------------------------------------------

local contents = {}

-- The text of a file of the repository; nil if there is none.
local function read(path)
    reads[path] = true
    if contents[path] == nil then
        local file = io.open(path, "rb")
        contents[path] = file and file:read("a") or false
        if file then file:close() end
    end
    return contents[path] or nil
end

local function lines_of(text)
    local lines = {}
    for line in (text:gsub("\n?$", "\n", 1)):gmatch("(.-)\n") do
        lines[#lines + 1] = line
    end
    return lines
end

-- "../chapters/x" as written in book/ is "chapters/x" from the top.
local function from_top(path)
    if path:sub(1, 3) == "../" then return path:sub(4) end
    return "book/" .. path
end

-- --- definitions in C -------------------------------------------------------

-- The text with comments, strings and characters blanked, line by line.
local function blank(text)
    local out, i = {}, 1
    local function skip(to)
        out[#out + 1] = (text:sub(i, to):gsub("[^\n]", " "))
        i = to + 1
    end
    while i <= #text do
        local c, two = text:sub(i, i), text:sub(i, i + 1)
        if two == "//" then
            skip((text:find("\n", i, true) or #text + 1) - 1)
        elseif two == "/*" then
            skip(select(2, text:find("*/", i + 2, true)) or #text)
        elseif c == '"' or c == "'" then
            local j = i + 1
            while j <= #text and text:sub(j, j) ~= c do
                j = j + (text:sub(j, j) == "\\" and 2 or 1)
            end
            skip(j)
        else
            local j = (text:find("[\"'/]", i + 1) or #text + 1) - 1
            out[#out + 1] = text:sub(i, j)
            i = j + 1
        end
    end
    return table.concat(out)
end

-- The names that an item of a file defines. `item` is its text without
-- comments, the insides of its braces dropped; `inside` is what stood in them.
local function names_in(item, inside)
    local names = {}
    local function add(name)
        if name then names[name] = true end
    end
    local s = item:gsub("__attribute__%s*%b()", " ")
    s = s:gsub("_Alignas%s*%b()", " "):gsub("%f[%w_]const%f[^%w_]", "")
    local bare = s:gsub("%b()", "()")
    local kind, tag = s:match("%f[%w_](%l+)%s+([%w_]*)%s*{}")
    local is_type = kind == "struct" or kind == "enum" or kind == "union"
    if not is_type and bare:find("%)%s*{}%s*$") and not bare:find("=") then
        add(s:match("([%a_][%w_]*)%s*%b()%s*{}%s*$")) -- a function
        return names
    end
    if is_type and not bare:find("=") then
        if tag ~= "" then
            add(tag)
        elseif kind == "enum" then
            for constant in (inside .. ","):gmatch("%s*([%a_][%w_]*)[^,]*,") do
                add(constant)
            end
        end
        s = s:gsub("^.-{}", kind .. " {} ") -- what follows is typedef or table
        if not item:find("^typedef") and not s:find("[%a_]", #kind + 5) then
            return names
        end
    end
    local is_typedef = item:find("^typedef") ~= nil
    if not is_typedef and not bare:find("=") and
        (bare:find("^extern") or bare:find("%(%)")) and
        not s:find("%(%s*%*[^()]*%[") then
        return names -- a declaration
    end
    s = s:gsub("=.*", ";")
    local pointer = s:match("^[^(]*%(%s*%*%s*([%a_][%w_]*)")
    if pointer then
        add(pointer)
    elseif is_typedef and bare:find("%(%)") then
        add(bare:match("([%a_][%w_]*)%s*%(%)")) -- the type of a function
    elseif is_typedef or bare:find("[%a_][%w_%s%*{}]*[%s%*}][%a_]") then
        local rest = s:gsub("%b[]", "")
        for name in rest:gmatch("([%a_][%w_]*)%s*[,;]") do
            -- "typedef struct X X;" only announces X.
            if not rest:find("^typedef%s+%l+%s+" .. name .. "%s+" .. name .. "%s*;") and
                not rest:find("^struct%s+" .. name .. "%s*;") then
                add(name)
            end
        end
    end
    return names
end

-- What a C file defines: name -> list of {first line, last line}.
local function definitions(text)
    local code = blank(text)
    local all = {}
    local function add(name, first, last)
        all[name] = all[name] or {}
        table.insert(all[name], { first, last })
    end
    -- Directives first: #define is an item, the others are dropped.
    local kept, n, lines = {}, 0, lines_of(code)
    while n < #lines do
        n = n + 1
        local first = n
        if lines[n]:find("^%s*#") then
            while lines[n]:find("\\%s*$") and n < #lines do
                kept[n] = ""
                n = n + 1
            end
            kept[n] = ""
            local name = lines[first]:match("^%s*#%s*define%s+([%w_]+)")
            if name then add(name, first, n) end
        else
            kept[n] = lines[n]
        end
    end
    -- Then the items: to a ";" outside of all brackets, or to the "}" of a
    -- function.
    local item, inside, first, depth, round = "", "", nil, 0, 0
    local function close(last)
        for name in pairs(names_in(item, inside)) do add(name, first, last) end
        item, inside, first = "", "", nil
    end
    for number, line in ipairs(kept) do
        for c in (line .. "\n"):gmatch(".") do
            if not first and c:find("%S") then first = number end
            if c == "{" then
                if depth == 0 then item = item .. "{" end
                depth = depth + 1
            elseif c == "}" then
                depth = depth - 1
                if depth == 0 then
                    item = item .. "}"
                    local bare = item:gsub("__attribute__%s*%b()", " ")
                                     :gsub("%b()", "()")
                    if bare:find("%)%s*{}$") and not bare:find("=") then
                        close(number)
                    end
                end
            elseif depth > 0 then
                if item:find("enum", 1, true) then inside = inside .. c end
            elseif first then
                item = item .. c
                if c == "(" then round = round + 1 end
                if c == ")" then round = round - 1 end
                if c == ";" and round == 0 then close(number) end
            end
        end
    end
    return all
end

-- The first line of the comment directly above a line, or the line itself.
local function with_comment(lines, first)
    if first > 1 and lines[first - 1]:find("%*/%s*$") then
        while first > 1 and not lines[first - 1]:find("^%s*/%*") do
            first = first - 1
        end
        return math.max(first - 1, 1)
    end
    while first > 1 and lines[first - 1]:find("^%s*//") and
        not lines[first - 1]:find("^%s*// %[[%w_]+$") and
        not lines[first - 1]:find("^%s*// [%w_]+%]$") do
        first = first - 1
    end
    return first
end

local known = {}

local function definition_lines(path, lines, name)
    known[path] = known[path] or definitions(contents[path])
    local places = known[path][name]
    if not places then fail("%s defines no %s", path, name) end
    if #places > 1 then
        fail("%s defines %s twice: lines %d and %d", path, name, places[1][1],
             places[2][1])
    end
    return with_comment(lines, places[1][1]), places[1][2]
end

-- --- listings ---------------------------------------------------------------

local function is_mark(line)
    return line:find("^%s*[/#]+ %[[%w_]+$") or line:find("^%s*[/#]+ [%w_]+%]$")
end

-- Lines first .. last without marks and without the indentation they share.
local function cut(lines, first, last)
    local out, indent = {}, nil
    for i = first, last do
        if not is_mark(lines[i]) then
            out[#out + 1] = lines[i]
            if lines[i]:find("%S") then
                local space = #lines[i]:match("^%s*")
                indent = math.min(indent or space, space)
            end
        end
    end
    for i, line in ipairs(out) do out[i] = line:sub((indent or 0) + 1) end
    return table.concat(out, "\n")
end

local function whole_definitions(path, names)
    local lines, text, before = lines_of(contents[path]), "", nil
    for name in names:gmatch("%S+") do
        local first, last = definition_lines(path, lines, name)
        if before then text = text .. (first == before + 1 and "\n" or "\n\n") end
        text = text .. cut(lines, first, last)
        before = last
    end
    if text == "" then fail("a listing of %s without a name", path) end
    return text
end

local function part(path, name)
    local lines, first, last = lines_of(contents[path]), nil, nil
    for i, line in ipairs(lines) do
        if line:find("^%s*[/#]+ %[" .. name .. "$") then
            if first then fail("%s opens part %s twice", path, name) end
            first = i
        elseif line:find("^%s*[/#]+ " .. name .. "%]$") then
            if last then fail("%s closes part %s twice", path, name) end
            last = i
        end
    end
    if not first then fail("%s has no part %s", path, name) end
    if not last or last < first then
        fail("%s does not close part %s", path, name)
    end
    note("part", path, name)
    return cut(lines, first + 1, last - 1)
end

-- "3-17 20" of a file; a line of dots stands where lines are left out.
local function some_lines(path, ranges)
    local lines, out, before = lines_of(contents[path]), {}, nil
    for range in ranges:gmatch("%S+") do
        local first, last = range:match("^(%d+)-(%d+)$")
        first = tonumber(first or range:match("^%d+$"))
        last = tonumber(last) or first
        if not first or first < 1 or last < first then
            fail('"%s" is not a range of lines such as 3-17', range)
        end
        if last > #lines then
            fail("%s has %d lines, not %d", path, #lines, last)
        end
        if before and first ~= before + 1 then out[#out + 1] = "..." end
        for i = first, last do out[#out + 1] = lines[i] end
        before = last
    end
    return table.concat(out, "\n")
end

local languages = { c = "c", h = "c", sh = "bash", awk = "awk", lua = "lua",
                    py = "python", mk = "makefile" }

local function raw(text)
    return pandoc.RawBlock(target == "latex" and "latex" or "html", text)
end

local function raw_inline(text)
    return pandoc.RawInline(target == "latex" and "latex" or "html", text)
end

local function escape(text)
    if target == "latex" then
        local special = { ["\\"] = "\\textbackslash{}", ["~"] = "\\textasciitilde{}",
                          ["^"] = "\\textasciicircum{}" }
        return (text:gsub("[\\~^]", special):gsub("[%%_&#$]", "\\%0"))
    end
    return (text:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;",
                                   [">"] = "&gt;", ['"'] = "&quot;" }))
end

-- Code with its caption and the file it came from.
local function code_figure(kind, caption, path, text, language)
    local code = pandoc.CodeBlock(text, pandoc.Attr("", { language or "text" }))
    local out = pandoc.List()
    local words = pandoc.List(caption)
    if target == "latex" then
        words:insert(1, raw_inline("\\sourcecaption{"))
        words:insert(raw_inline("}{" .. escape(path) .. "}"))
        out:insert(pandoc.Plain(words))
        out:insert(code)
        return out
    end
    words:insert(1, raw_inline('<span class="caption">'))
    words:insert(raw_inline('</span> <span class="file">' .. escape(path) ..
                            "</span>"))
    out:insert(raw('<figure class="' .. kind .. '"><figcaption>'))
    out:insert(pandoc.Plain(words))
    out:insert(raw("</figcaption>"))
    out:insert(code)
    out:insert(raw("</figure>"))
    return out
end

-- --- pictures ---------------------------------------------------------------

-- A picture goes with its page: HTML gets a copy beside it, EPUB and PDF take
-- it from where it is.
local function place(path, where)
    if target ~= "html" then return path end
    local file = build .. "/book/html/" .. where
    os.execute("mkdir -p '" .. file:match("^(.*)/") .. "'")
    local copy = io.open(file, "wb")
    copy:write(contents[path])
    copy:close()
    return where
end

local function picture(kind, caption, source, alt)
    local words = pandoc.List(caption)
    local plain = pandoc.utils.stringify(words)
    if plain == "" then fail("the picture %s has no caption", source) end
    if target == "latex" then
        local out = pandoc.List { raw("\\begin{picturebox}{" .. kind .. "}") }
        local size = kind == "plot" and { width = "80%" } or {}
        out:insert(pandoc.Para { pandoc.Image({}, source, "", size) })
        words:insert(1, raw_inline("\\picturecaption{"))
        words:insert(raw_inline("}"))
        out:insert(pandoc.Plain(words))
        out:insert(raw("\\end{picturebox}"))
        return out
    end
    -- Read aloud, the caption is enough once: as the picture's alt text, or,
    -- if the picture has a text of its own, as the caption.
    local hidden = alt and "" or ' aria-hidden="true"'
    return pandoc.List {
        raw('<figure class="' .. kind .. '"><div class="wide">'),
        pandoc.Plain { pandoc.Image({ pandoc.Str(alt or plain) }, source) },
        raw("</div><figcaption" .. hidden .. ">"),
        pandoc.Plain(words),
        raw("</figcaption></figure>"),
    }
end

local function plot(caption, path, name)
    local folder = path:match("^chapters/([^/]+)/")
    if not folder then fail("plot %s: %s is not of a chapter", name, path) end
    local file = build .. "/plots/" .. folder .. "/" .. name .. ".svg"
    if not read(file) then
        fail("%s draws no plot %s (there is no %s)", folder, name, file)
    end
    return picture("plot", caption,
                   place(file, "plots/" .. folder .. "/" .. name .. ".svg"))
end

local function figure(image)
    local name = image.src:match("^figures/([%w_-]+)%.svg$")
    if not name then
        fail("%s: a picture is figures/NAME.svg", image.src)
    end
    local file = "book/figures/" .. name .. ".svg"
    if not read(file) then
        reads[file] = nil
        file = build .. "/book/figures/" .. name .. ".svg"
        if not io.open("book/figures/" .. name .. ".dot") or not read(file) then
            fail("there is no figure book/figures/%s.svg or .dot", name)
        end
    end
    note("figure", name)
    return picture("diagram", image.caption,
                   place(file, "figures/" .. name .. ".svg"),
                   image.attributes.alt)
end

-- --- equations --------------------------------------------------------------

-- pandoc writes the name of a function as an operator, which browsers surround
-- with wide gaps; TeX sets a thin one, and none beside a bracket or a sign.
local function space_names(mathml)
    mathml = mathml:gsub("<mo>(%a%a+)</mo>", function(name)
        return '<mo lspace="0.17em" rspace="0.17em">' .. name .. "</mo>"
    end)
    for _, before in ipairs { "</mo>", "<mrow>", "<mtd[^>]*>", "<math[^>]*>" } do
        for _, base in ipairs { "", "<msub>", "<msup>", "<munder>" } do
            mathml = mathml:gsub("(" .. before .. base .. ')<mo lspace="0.17em"',
                                 '%1<mo lspace="0"')
        end
    end
    for _, after in ipairs { "<mo[ >]", "<mrow><mo [^>]*prefix", "</mrow>",
                             "<%l+><mrow><mo [^>]*prefix", "</mtd>", "</math>" } do
        mathml = mathml:gsub('rspace="0.17em">(%a+</mo>' .. after .. ")",
                             'rspace="0">%1')
    end
    -- A minus after another sign belongs to what follows; a sign that opens an
    -- index, and a bar that is a bracket, stand close.
    mathml = mathml:gsub("(<mo>[^<]*</mo>)<mo>(\u{2212})</mo>",
                         '%1<mo form="prefix">%2</mo>')
    mathml = mathml:gsub("<mrow><mo>(&[lg]t;)</mo>",
                         '<mrow><mo lspace="0" rspace="0">%1</mo>')
    for _, bar in ipairs { "|", "\u{2225}" } do
        mathml = mathml:gsub('<mo (stretchy="%l+" form="%l+fix">' .. bar .. ")",
                             '<mo lspace="0" rspace="0" %1')
    end
    return mathml
end

-- pandoc lets every pair of brackets stretch, and a stretched bracket stands
-- apart. Around what is one line high it need not stretch.
local function calm_brackets(mathml)
    local open = '<mo stretchy="true" form="prefix">'
    local close = '<mo stretchy="true" form="postfix">'
    local at = mathml:find(open, 1, true)
    while at do
        local depth, to = 1, at
        while depth > 0 and to do
            local o = mathml:find(open, to + 1, true)
            to = mathml:find(close, to + 1, true)
            if o and to and o < to then
                depth, to = depth + 1, o
            else
                depth = depth - 1
            end
        end
        local within = to and mathml:sub(at, to) or "<mtable"
        if not (within:find("<mfrac", 1, true) or within:find("<mtable", 1, true)
                or within:find("<munder", 1, true)) then
            mathml = mathml:sub(1, at - 1) ..
                open:gsub("true", "false") .. mathml:sub(at + #open, to - 1) ..
                close:gsub("true", "false") .. mathml:sub(to + #close)
        end
        at = mathml:find(open, at + 1, true)
    end
    return mathml
end

local function mathml(math)
    local options = { html_math_method = "mathml" }
    local text = pandoc.write(pandoc.Pandoc { pandoc.Plain { math } }, "html5",
                              options)
    if not text:find("<math", 1, true) then
        fail("not understood as mathematics: %s", math.text)
    end
    text = text:gsub("<semantics>(.*)<annotation.*</semantics>", "%1")
    return calm_brackets(space_names(text))
end

-- What TeX knows and pandoc does not: several words as an operator, brackets
-- of a given size.
local function in_pandocs_words(tex)
    tex = tex:gsub("\\operatorname{([^{}]*[^%a{}][^{}]*)}", function(words)
        return "\\text{" .. words:gsub("\\ ", " ") .. "}"
    end)
    tex = tex:gsub("\\[bB]igg?l%f[%A]", "\\left")
    return (tex:gsub("\\[bB]igg?r%f[%A]", "\\right"))
end

local function equation(math)
    local display = math.mathtype == "DisplayMath"
    local tag = math.text:match("\\tag%s*(%b{})")
    local number = tag and tag:sub(2, -2)
    if number then
        if not display then fail("\\tag{%s} inside a line", number) end
        if number:match("^(%d+)%.%d+$") ~= tostring(chapter) then
            fail("\\tag{%s}: an equation here is numbered %s", number,
                 chapter and chapter .. ".1, " .. chapter .. ".2, ..." or
                 "not at all")
        end
        equations = equations + 1
        local due = chapter .. "." .. equations
        if number ~= due then
            fail("equation (%s) stands where (%s) is expected", number, due)
        end
    end
    if target == "latex" then
        if not number then return nil end
        return { raw_inline("\\hypertarget{eq-" .. number .. "}{}"), math }
    end
    local bare = math:clone()
    bare.text = in_pandocs_words(math.text:gsub("\\tag%s*%b{}", ""))
    if not display then return raw_inline(mathml(bare)) end
    return raw_inline('<span class="equation"' ..
        (number and ' id="eq-' .. number .. '"' or "") ..
        '><span class="wide">' .. mathml(bare) .. "</span>" ..
        (number and '<span class="number">(' .. number .. ")</span>" or "") ..
        "</span>")
end

-- --- links and headings -----------------------------------------------------

-- The id of a place: pages are files of their own in HTML, parts of one text
-- elsewhere. Equations have the chapter's number in their name already.
local function id_of(which, id)
    if target == "html" or id:find("^eq%-") then return id end
    return "ch-" .. which .. (id ~= "" and "-" .. id or "")
end

local function link(l)
    if l.title ~= "" then
        fail('a listing ("%s") is a paragraph of its own', l.title)
    end
    local to = l.target
    if to:find("^https?://") or to:find("^mailto:") then return nil end
    if to:sub(1, 1) == "#" then
        l.target = "#" .. id_of(page, to:sub(2))
        return l
    end
    local other, place_in = to:match("^([%w-]+)%.md#?(.*)$")
    if other then
        if not io.open("book/" .. other .. ".md") then
            fail("the link to %s leads nowhere", to)
        end
        if target == "html" then
            l.target = other .. ".html" ..
                (place_in ~= "" and "#" .. place_in or "")
        else
            l.target = "#" .. id_of(other, place_in)
        end
        return l
    end
    -- A file of the repository: on a code host a link, in the book its name.
    local path = from_top(to)
    if to:sub(1, 3) ~= "../" or not io.open(path) then
        fail("the link to %s leads nowhere", to)
    end
    if l.content[1] and l.content[1].t == "Code" then return l.content end
    return l.content .. { pandoc.Str(" ("), pandoc.Code(path), pandoc.Str(")") }
end

local function heading(h)
    local id = h.identifier
    h.identifier = id_of(page, id)
    if h.level == 1 then
        if target == "latex" then
            if page == "index" then
                return { raw("\\frontpage"), raw("\\hypertarget{ch-index}{}") }
            end
            local out = pandoc.List {}
            if chapter then
                out:insert(raw("\\setcounter{chapter}{" .. chapter - 1 .. "}"))
            else
                h.classes:insert("unnumbered")
            end
            out:insert(h)
            out:insert(raw("\\hypertarget{ch-" .. page .. "}{}"))
            if not chapter then out:insert(raw("\\runningtitle{" ..
                escape(pandoc.utils.stringify(h.content)) .. "}")) end
            return out
        elseif target == "epub" then
            if chapter then
                h.content:insert(1, pandoc.Str(chapter .. "."))
                h.content:insert(2, pandoc.Space())
            end
            h.content = { pandoc.Span(h.content, { id = "ch-" .. page }) }
        elseif chapter then
            h.content:insert(1, raw_inline('<span class="number">' .. chapter ..
                                           "</span> "))
        end
    elseif target == "latex" and page == "index" then
        h.classes:extend { "unnumbered", "unlisted" }
    elseif target == "html" then
        local words = escape(pandoc.utils.stringify(h.content))
        h.content:insert(raw_inline(' <a class="anchor" href="#' .. id ..
            '" aria-label="Link to: ' .. words .. '">#</a>'))
    end
    return h
end

-- --- the pages and their order ----------------------------------------------

-- Name, title and number of every page, in order, as make wrote them.
local function all_pages()
    local pages = {}
    for _, line in ipairs(lines_of(read(build .. "/book/pages"))) do
        local name, title = line:match("^(%S+)\t(.+)$")
        if name then
            local plain = pandoc.utils.stringify(pandoc.read(title).blocks)
            table.insert(pages, { name = name, title = plain,
                                  number = tonumber(name:match("^(%d%d)-")) })
        end
    end
    return pages
end

-- The chapters that exist, each with the line in which its program says what
-- it showed.
local function map_of_chapters()
    local out = { '<ol class="map">' }
    for _, p in ipairs(all_pages()) do
        if p.number then
            local shown = read("chapters/" .. p.name .. "/expected.txt") or ""
            shown = shown:match("\n=> ([^\n]*)\n*$")
            out[#out + 1] = '<li><a href="' .. p.name .. '.html">' ..
                '<span class="number">' .. p.number .. '</span> ' ..
                '<span class="title">' .. escape(p.title) .. "</span>" ..
                (shown and ' <span class="shown">' .. escape(shown) ..
                 "</span>" or "") .. "</a></li>"
        end
    end
    out[#out + 1] = "</ol>"
    return raw(table.concat(out, "\n"))
end

-- EPUB and PDF have a table of contents: the section of the map is left out.
local function without_map(blocks)
    local out, section = pandoc.List {}, nil
    for _, block in ipairs(blocks) do
        local only = block.t == "Para" and block.content[1]
        if only and only.t == "Link" and only.title == "chapters" then
            if section then return { table.unpack(out, 1, section - 1) } end
        else
            out:insert(block)
        end
        if block.t == "Header" and block.level == 2 then section = #out end
    end
    return out
end

-- What the template of an HTML page needs beside the text.
local function fill_in(doc)
    local meta, pages, here = doc.meta, all_pages(), nil
    for i, p in ipairs(pages) do if p.name == page then here = i end end
    local function entry(p)
        if not p then return nil end
        return { url = p.name .. ".html", title = p.title,
                 number = p.number and tostring(p.number),
                 current = p.name == page and "yes" or nil }
    end
    local title = pages[here].title
    meta.heading = title
    meta.pagetitle = page == "index" and "From Matrix to Llama: transformers " ..
        "from scratch in C" or (chapter and chapter .. ". " or "") .. title ..
        " - From Matrix to Llama"
    if page == "index" then meta.front = "yes" end
    meta.previous, meta.next = entry(pages[here - 1]), entry(pages[here + 1])
    meta.pages, meta.sections = {}, {}
    for _, p in ipairs(pages) do table.insert(meta.pages, entry(p)) end
    local description
    for _, block in ipairs(doc.blocks) do
        if block.t == "Header" and block.level == 2 then
            table.insert(meta.sections, {
                id = block.identifier, title = pandoc.MetaInlines(block.content) })
        elseif block.t == "Para" and not description then
            description = pandoc.utils.stringify(block)
        end
    end
    description = description or title
    if #description > 170 then
        description = description:sub(1, 170):gsub("%s+%S*$", "") .. " ..."
    end
    meta.description = description
end

-- --- all together -----------------------------------------------------------

-- A paragraph that is only a link with a title, or only a picture.
local function request(para)
    if #para.content ~= 1 then return nil end
    local only = para.content[1]
    if only.t == "Image" then return figure(only) end
    if only.t ~= "Link" or only.title == "" then return nil end
    local keyword, words = only.title:match("^(%l+):?%s*(.-)%s*$")
    if keyword == "chapters" then return map_of_chapters() end
    local path = from_top(only.target)
    local kinds = { def = true, part = true, output = true, plot = true }
    if not kinds[keyword] then
        fail('"%s" asks for nothing known: def, part, output, plot', only.title)
    end
    if not read(path) then fail("there is no file %s", path) end
    local language = path:match("Makefile$") and "makefile" or
        languages[path:match("%.(%w+)$") or ""]
    if keyword == "def" then
        return code_figure("listing", only.content, path,
                           whole_definitions(path, words), language)
    elseif keyword == "part" then
        return code_figure("listing", only.content, path, part(path, words),
                           language)
    elseif keyword == "output" then
        local text = words == "" and contents[path]:gsub("\n+$", "") or
            some_lines(path, words)
        return code_figure("output", only.content, path, text)
    end
    return plot(only.content, path, words)
end

-- Notes the commands; tells LaTeX how wide the code is, for paper cannot
-- scroll: there long lines get smaller letters.
local function code_block(block)
    if block.classes[1] == "sh" then
        for line in block.text:gmatch("[^\n]+") do note("command", line) end
    end
    if #block.classes == 0 then block.classes:insert("text") end
    if target == "latex" then
        local width = 0
        for line in block.text:gmatch("[^\n]+") do
            width = math.max(width, utf8.len(line) or #line)
        end
        local edge = block.classes[1] == "sh" and "\\typed" or ""
        return { raw("\\begingroup\\codewidth{" .. width .. "}" .. edge), block,
                 raw("\\endgroup") }
    end
    return block
end

local function write(path, lines)
    local file = assert(io.open(path, "w"))
    file:write(table.concat(lines, "\n"), "\n")
    file:close()
end

-- PAGE.d: the page is made again when one of these changes or goes away.
local function write_dependencies(out)
    local lines, list = {}, {}
    for path in pairs(reads) do list[#list + 1] = path end
    table.sort(list)
    local made = build .. "/book/" .. target .. "/" .. page ..
        (target == "html" and ".html" or ".json")
    lines[1] = made .. ": " .. table.concat(list, " ")
    for _, path in ipairs(list) do
        local drawn = build .. "/plots/"
        if path:sub(1, #drawn) == drawn then
            lines[#lines + 1] = path .. ": " .. path:match("^(.*)/") .. "/made"
        elseif path:sub(1, #build + 1) ~= build .. "/" then
            lines[#lines + 1] = path .. ":"
        end
    end
    write(out, lines)
end

function Pandoc(doc)
    local function option(name)
        return pandoc.utils.stringify(doc.meta[name])
    end
    page, target, build = option("page"), option("target"), option("build")
    chapter = tonumber(page:match("^(%d%d)-"))
    local first = doc.blocks[1]
    if not first or first.t ~= "Header" or first.level ~= 1 then
        fail("the first line is not the title (# ...)")
    end
    for i, block in ipairs(doc.blocks) do
        if i > 1 and block.t == "Header" and block.level == 1 then
            fail("a second title: %s", pandoc.utils.stringify(block))
        end
    end
    if target ~= "html" then doc.blocks = without_map(doc.blocks) end
    doc = doc:walk { Para = request }
    if target == "latex" and page == "index" then
        doc.blocks:insert(raw("\\clearpage\\tableofcontents"))
    end
    doc = doc:walk { Math = equation, Link = link }
    if target == "html" then fill_in(doc) end
    doc = doc:walk {
        Header = heading,
        CodeBlock = code_block,
        Code = function(code)
            if code.text:find("^make ") or code.text:find("^build/bin/") then
                note("command", code.text)
            end
        end,
        Table = function(t)
            if target == "latex" then return nil end
            return { raw('<div class="wide table">'), t, raw("</div>") }
        end,
    }
    local base = build .. "/book/" .. target .. "/" .. page
    write(base .. ".found", found)
    write_dependencies(base .. ".d")
    return doc
end
