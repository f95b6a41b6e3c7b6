08-positions/san/08-positions/made/tales_grammar.o: \
 08-positions/made/tales_grammar.c
