// A program that does nothing: its precompiled header is what every test program starts from (Catch2 alone takes 2 s a
// file).
int main() {}
