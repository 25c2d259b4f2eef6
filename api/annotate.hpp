// annotate.hpp: the vocabulary that tells gen/ what a declaration is for JavaScript.
// Thread: none, it is text.
// Empty unless HDB_GEN is defined, so that compilers see clean C++.
#pragma once

#if defined(HDB_GEN)
// The C++11 spelling: the GNU one does not parse in front of [[nodiscard]], and at the start of a
// field it makes libclang return the tokens of the whole namespace.
#define HDB_NOTE(text) [[clang::annotate("hdb:" text)]]
#else
#define HDB_NOTE(text)
#endif

#define HDB_TEXT_(x) #x
#define HDB_TEXT(x) HDB_TEXT_(x)

/// On a class: wrapped, with methods; made by native code only, no public constructor.
#define JS_CLASS HDB_NOTE("class")
/// On a struct: JavaScript object to struct; an unknown key is a TypeError with a suggestion.
#define JS_OPTIONS HDB_NOTE("options")
/// On a struct: struct to frozen plain object.
#define JS_RECORD HDB_NOTE("record")
/// On an enum: union of strings.
#define JS_ENUM HDB_NOTE("enum")
/// On a method: public, implemented natively.
#define JS_METHOD HDB_NOTE("method")
/// On a method or an option: between lib/ and native code only; not in the public typings.
#define JS_INTERNAL HDB_NOTE("internal")
/// On a method, function or option inside `#if defined(HDB_GEN)`: public, implemented in lib/.
#define JS_LIB HDB_NOTE("lib")
/// On an ErrorKind value: the JavaScript class and its parent, the code of an error that has none of its own,
/// and "transient" if waiting or another host may help, else "lasting".
#define JS_ERROR(name, parent, code, duration) HDB_NOTE("error:" name ":" parent ":" code ":" duration)
/// On a record: payload of an event.
#define JS_EVENT(name) HDB_NOTE("event:" name)
/// On anything: an exception to the name rule.
#define JS_NAME(name) HDB_NOTE("name:" name)
/// On a method: type parameters.
#define JS_GENERIC(text) HDB_NOTE("generic:" text)
/// On a parameter, a field or the result of a JS_LIB method: raw TypeScript, where the vocabulary has no
/// word for it. An alias that has it is exported.
#define JS_TYPE(text) HDB_NOTE("type:" text)
/// On a field: numeric bounds, checked by the glue and printed in the docs.
#define JS_RANGE(min, max) HDB_NOTE("range:" HDB_TEXT(min) ":" HDB_TEXT(max))
